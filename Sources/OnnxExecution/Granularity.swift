import Tensors

/// Which scale and zero point each element of a quantized tensor has: one for all, one for each
/// place along an axis, or one for each block along an axis.
struct Granularity: Sendable {
  /// The extents before, of and behind the axis.
  private let outer: Int
  private let extent: Int
  private let inner: Int
  /// How many neighbours along the axis share a scale.
  private let block: Int
  /// Whether every place before and behind the axis has scales of its own.
  private let isBlocked: Bool

  /// How scales of the shape `scale` belong to elements of `shape`; `axis` and `block_size` are the
  /// attributes. Throws ``OperatorFailure/malformed(_:)`` where they do not fit.
  init(_ call: OperatorCall, _ shape: Shape, scale: Shape) throws {
    guard shape.elementCount > 0, scale.elementCount != 1 || scale.rank > 1 else {
      (outer, extent, inner, block, isBlocked) = (1, 1, shape.elementCount, 1, false)
      return
    }
    let axis = try call.axis(call.integer("axis", 1), rank: shape.rank)
    let block = try call.integer("block_size", 0)
    guard block >= 0 else {
      throw OperatorFailure.malformed("attribute 'block_size': expected at least 0, found \(block)")
    }
    extent = shape[axis]
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    outer = shape.elementCount / inner / extent
    isBlocked = block > 0
    self.block = max(1, block)
    var expected = [extent]
    if isBlocked {
      expected = shape.dimensions
      expected[axis] = (extent - 1) / block + 1
    }
    guard scale.dimensions == expected else {
      throw OperatorFailure.malformed("scale: expected shape \(expected), found \(scale)")
    }
  }

  /// Calls `body` for stretches of neighbouring elements, in order, with the place of the scale of
  /// the first, and the step from the scale of an element to that of the next: 0 or 1.
  @inline(__always)
  func forEachRun(_ body: (_ elements: Range<Int>, _ scale: Int, _ step: Int) -> Void) {
    let blocks = (extent - 1) / block + 1
    for line in 0..<outer {
      for place in 0..<extent {
        let start = (line * extent + place) * inner
        let scale = isBlocked ? (line * blocks + place / block) * inner : place
        body(start..<start + inner, scale, isBlocked ? 1 : 0)
      }
    }
  }
}

/// The range of an integer type that quantized elements have.
struct QuantizedRange: Sendable {
  let elementType: ElementType
  let lowest: Float
  let highest: Float

  /// The range of `elementType`, of 8 or 16 bits.
  ///
  /// Throws ``OperatorFailure/unsupported(_:)`` for others.
  init(_ elementType: ElementType) throws {
    self.elementType = elementType
    switch elementType {
    case .int8: (lowest, highest) = (-128, 127)
    case .uint8: (lowest, highest) = (0, 255)
    case .int16: (lowest, highest) = (-32768, 32767)
    case .uint16: (lowest, highest) = (0, 65535)
    default: throw Value.unsupported(elementType)
    }
  }

  /// `value` rounded to the nearest whole number, ties to even, plus `zeroPoint`, and limited to the
  /// range; NaN becomes the lowest.
  func quantize(_ value: Float, zeroPoint: Float) -> Int64 {
    let shifted = value.rounded(.toNearestOrEven) + zeroPoint
    return Int64(shifted > lowest ? (shifted < highest ? shifted : highest) : lowest)
  }
}

extension OperatorCall {
  /// The element type whose number in ONNX the attribute called `name` gives; nil where it is 0 or
  /// left out. Throws ``OperatorFailure/unsupported(_:)`` for types that the suite does not have.
  func elementType(_ name: String) throws -> ElementType? {
    switch try integer(name, 0) {
    case 0: return nil
    case 1: return .float32
    case 2: return .uint8
    case 3: return .int8
    case 4: return .uint16
    case 5: return .int16
    case 6: return .int32
    case 7: return .int64
    case 9: return .bool
    case 10: return .float16
    case 11: return .float64
    case 12: return .uint32
    case 13: return .uint64
    case 16: return .bfloat16
    case let other:
      throw OperatorFailure.unsupported("attribute '\(name)': element type \(other)")
    }
  }

  /// The zero points at `index`, as many as `scale` has numbers and of type `type`; zeros where they
  /// are left out.
  func zeroPoints(_ index: Int, for scale: Shape, _ type: ElementType) throws -> [Int64] {
    guard let value = optional(index) else {
      return [Int64](repeating: 0, count: scale.elementCount)
    }
    guard value.shape.elementCount == scale.elementCount, value.elementType == type else {
      throw OperatorFailure.malformed(
        "zero point: expected \(type.rawValue) \(scale), found \(value.elementType.rawValue) "
          + "\(value.shape)")
    }
    return try value.integers()
  }

  /// The only number of the floating-point input at `index`, called `name`.
  func scalar(_ index: Int, _ name: String) throws -> Float {
    let value = try input(index)
    guard value.shape.elementCount == 1 else {
      throw OperatorFailure.malformed("\(name): expected one number, found shape \(value.shape)")
    }
    return try value.floats()[0]
  }
}
