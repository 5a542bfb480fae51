import Execution
import Tensors

/// A value of a run: elements of one type, row-major or as a kernel library holds them.
struct Value: Sendable {
  /// Row-major elements in the Swift type that computes with them.
  enum Elements: Sendable {
    /// FLOAT, and FLOAT16 and BFLOAT16, whose numbers are then representable in those.
    case float([Float])
    /// DOUBLE.
    case double([Double])
    /// Integers of every width but UINT64, each within the range of its type.
    case integer([Int64])
    /// UINT64.
    case unsigned([UInt64])
    /// BOOL.
    case bool([Bool])
  }

  private enum Storage: Sendable {
    case elements(Elements)
    case held(any HeldTensor)
  }

  /// The most elements that a value may have.
  static let maximumElementCount = 1 << 30

  /// The type of the elements.
  let elementType: ElementType
  /// The dimensions, outermost first.
  let shape: Shape
  private let storage: Storage

  private init(_ elementType: ElementType, _ shape: Shape, _ storage: Storage) {
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
  }

  /// Elements that `elementType` can hold.
  init(_ elementType: ElementType, _ shape: Shape, exact elements: Elements) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for \(shape)")
    self.init(elementType, shape, .elements(elements))
  }

  /// Binary32 numbers as a kernel library holds them.
  init(_ held: any HeldTensor) { self.init(.float32, held.shape, .held(held)) }

  /// Numbers rounded to `elementType`: FLOAT, FLOAT16 or BFLOAT16.
  init(_ elementType: ElementType, _ shape: Shape, floats: [Float]) {
    switch elementType {
    case .float16:
      self.init(elementType, shape, exact: .float(floats.mapped(\.roundedToFloat16)))
    case .bfloat16:
      self.init(elementType, shape, exact: .float(floats.mapped { Float(BFloat16($0)) }))
    default: self.init(elementType, shape, exact: .float(floats))
    }
  }

  /// Integers wrapped around to the range of `elementType`, which is any integer but UINT64.
  init(_ elementType: ElementType, _ shape: Shape, wrapping integers: [Int64]) {
    let wrapped: [Int64] =
      switch elementType {
      case .int8: integers.mapped { Int64(Int8(truncatingIfNeeded: $0)) }
      case .uint8: integers.mapped { Int64(UInt8(truncatingIfNeeded: $0)) }
      case .int16: integers.mapped { Int64(Int16(truncatingIfNeeded: $0)) }
      case .uint16: integers.mapped { Int64(UInt16(truncatingIfNeeded: $0)) }
      case .int32: integers.mapped { Int64(Int32(truncatingIfNeeded: $0)) }
      case .uint32: integers.mapped { Int64(UInt32(truncatingIfNeeded: $0)) }
      default: integers
      }
    self.init(elementType, shape, exact: .integer(wrapped))
  }

  /// Booleans.
  init(_ shape: Shape, _ booleans: [Bool]) { self.init(.bool, shape, exact: .bool(booleans)) }

  /// 64-bit integers as a vector.
  init(vector integers: [Int]) {
    self.init(.int64, [integers.count], exact: .integer(integers.map(Int64.init)))
  }

  /// The row-major elements. Throws what a kernel library throws when it gives them back.
  var elements: Elements {
    get throws {
      switch storage {
      case .elements(let elements): elements
      case .held(let held): .float(try held.floats().values)
      }
    }
  }

  /// The value as an operand of kernels; nil where it is not of binary32 numbers.
  var held: (any HeldTensor)? {
    switch storage {
    case .held(let held): held
    case .elements(.float(let values)) where elementType == .float32:
      FloatTensor(shape: shape, values: values)
    case .elements: nil
    }
  }

  /// The same elements under other dimensions of the same count.
  func reshaped(_ shape: Shape) throws -> Value {
    Value(elementType, shape, exact: try elements)
  }
}

extension Value.Elements {
  /// How many there are.
  var count: Int {
    switch self {
    case .float(let values): values.count
    case .double(let values): values.count
    case .integer(let values): values.count
    case .unsigned(let values): values.count
    case .bool(let values): values.count
    }
  }
}

extension Value {
  /// The elements of FLOAT, FLOAT16 and BFLOAT16 as binary32 numbers.
  ///
  /// Throws ``OperatorFailure/unsupported(_:)`` for other types.
  func floats() throws -> [Float] {
    guard case .float(let values) = try elements else { throw Self.unsupported(elementType) }
    return values
  }

  /// The elements of any integer type but UINT64.
  ///
  /// Throws ``OperatorFailure/unsupported(_:)`` for other types.
  func integers() throws -> [Int64] {
    guard case .integer(let values) = try elements else { throw Self.unsupported(elementType) }
    return values
  }

  /// The elements of UINT64. Throws ``OperatorFailure/unsupported(_:)`` for other types.
  func unsignedIntegers() throws -> [UInt64] {
    guard case .unsigned(let values) = try elements else { throw Self.unsupported(elementType) }
    return values
  }

  /// The elements of BOOL. Throws ``OperatorFailure/unsupported(_:)`` for other types.
  func booleans() throws -> [Bool] {
    guard case .bool(let values) = try elements else { throw Self.unsupported(elementType) }
    return values
  }

  /// The elements of any type as binary64 numbers; booleans are 0 and 1.
  func doubles() throws -> [Double] {
    switch try elements {
    case .float(let values): values.mapped { Double($0) }
    case .double(let values): values
    case .integer(let values): values.mapped { Double($0) }
    case .unsigned(let values): values.mapped { Double($0) }
    case .bool(let values): values.map { $0 ? 1 : 0 }
    }
  }

  /// That the operator does not take elements of `elementType`.
  static func unsupported(_ elementType: ElementType) -> OperatorFailure {
    .unsupported("elements of type \(elementType.rawValue) are not supported")
  }
}
