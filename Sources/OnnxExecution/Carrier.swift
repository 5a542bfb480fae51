import Tensors

/// A Swift type that elements are computed in, one for every case of ``Value/Elements``.
protocol Carrier: BitwiseCopyable, Equatable, Sendable {
  /// 0, or false.
  static var zero: Self { get }
  /// What `elements` holds, or nil where that is of another type.
  static func values(of elements: Value.Elements) -> [Self]?
  /// `values` as the case of this type.
  static func elements(_ values: [Self]) -> Value.Elements

  /// The sum; integers wrap around, and booleans give "or".
  static func sum(_ left: Self, _ right: Self) -> Self
  /// The product; integers wrap around, and booleans give "and".
  static func product(_ left: Self, _ right: Self) -> Self
  /// The smaller one; NaN where either is.
  static func smaller(_ left: Self, _ right: Self) -> Self
  /// The larger one; NaN where either is.
  static func larger(_ left: Self, _ right: Self) -> Self
}

extension Carrier where Self: FloatingPoint {
  static func sum(_ left: Self, _ right: Self) -> Self { left + right }
  static func product(_ left: Self, _ right: Self) -> Self { left * right }
  static func smaller(_ left: Self, _ right: Self) -> Self {
    left.isNaN || left < right ? left : right
  }
  static func larger(_ left: Self, _ right: Self) -> Self {
    left.isNaN || left > right ? left : right
  }
}

extension Carrier where Self: FixedWidthInteger {
  static func sum(_ left: Self, _ right: Self) -> Self { left &+ right }
  static func product(_ left: Self, _ right: Self) -> Self { left &* right }
  static func smaller(_ left: Self, _ right: Self) -> Self { left < right ? left : right }
  static func larger(_ left: Self, _ right: Self) -> Self { left > right ? left : right }
}

extension Float: Carrier {
  static func values(of elements: Value.Elements) -> [Float]? {
    if case .float(let values) = elements { values } else { nil }
  }
  static func elements(_ values: [Float]) -> Value.Elements { .float(values) }
}

extension Double: Carrier {
  static func values(of elements: Value.Elements) -> [Double]? {
    if case .double(let values) = elements { values } else { nil }
  }
  static func elements(_ values: [Double]) -> Value.Elements { .double(values) }
}

extension Int64: Carrier {
  static func values(of elements: Value.Elements) -> [Int64]? {
    if case .integer(let values) = elements { values } else { nil }
  }
  static func elements(_ values: [Int64]) -> Value.Elements { .integer(values) }
}

extension UInt64: Carrier {
  static func values(of elements: Value.Elements) -> [UInt64]? {
    if case .unsigned(let values) = elements { values } else { nil }
  }
  static func elements(_ values: [UInt64]) -> Value.Elements { .unsigned(values) }
}

extension Bool: Carrier {
  static let zero = false
  static func values(of elements: Value.Elements) -> [Bool]? {
    if case .bool(let values) = elements { values } else { nil }
  }
  static func elements(_ values: [Bool]) -> Value.Elements { .bool(values) }
  static func sum(_ left: Bool, _ right: Bool) -> Bool { left || right }
  static func product(_ left: Bool, _ right: Bool) -> Bool { left && right }
  static func smaller(_ left: Bool, _ right: Bool) -> Bool { left && right }
  static func larger(_ left: Bool, _ right: Bool) -> Bool { left || right }
}

/// What makes elements of others, whatever type carries them.
protocol Rearrangement {
  /// The elements made of `values`.
  func rearranged<Element: Carrier>(_ values: [Element]) throws -> [Element]
}

extension Value.Elements {
  /// The elements that `rearrangement` makes of these.
  func rearranged(by rearrangement: some Rearrangement) throws -> Value.Elements {
    switch self {
    case .float(let values): .float(try rearrangement.rearranged(values))
    case .double(let values): .double(try rearrangement.rearranged(values))
    case .integer(let values): .integer(try rearrangement.rearranged(values))
    case .unsigned(let values): .unsigned(try rearrangement.rearranged(values))
    case .bool(let values): .bool(try rearrangement.rearranged(values))
    }
  }
}

extension Value {
  /// A value of the same type and of `shape`, whose elements `rearrangement` takes from this one's.
  func rearranged(_ shape: Shape, by rearrangement: some Rearrangement) throws -> Value {
    Value(elementType, shape, exact: try elements.rearranged(by: rearrangement))
  }

  /// Elements that are rounded, or wrapped around, to `elementType`.
  init(_ elementType: ElementType, _ shape: Shape, computed elements: Elements) {
    switch elements {
    case .float(let values): self.init(elementType, shape, floats: values)
    case .integer(let values): self.init(elementType, shape, wrapping: values)
    case .double, .unsigned, .bool: self.init(elementType, shape, exact: elements)
    }
  }
}
