import Foundation
import Tensors

/// One run of an operator that turns the elements along dimensions into one.
struct Reduction {
  /// What is reduced.
  let x: Value
  /// How many elements become one.
  let count: Int
  private let broadcast: Broadcast
  private let totalCount: Int
  private let shape: Shape

  /// Throws ``OperatorFailure/malformed(_:)`` for axes that are outside or listed twice.
  init(_ x: Value, axes: [Int], _ call: OperatorCall) throws {
    let axes = try axes.map { try call.axis($0, rank: x.shape.rank) }
    guard Set(axes).count == axes.count else {
      throw OperatorFailure.malformed("axes: expected each once, found \(axes)")
    }
    self.x = x
    var kept = x.shape.dimensions
    for axis in axes { kept[axis] = 1 }
    let reduced = try call.shape(kept)
    broadcast = try Broadcast(x.shape, reduced)
    totalCount = reduced.elementCount
    count = axes.reduce(1) { $0 &* x.shape[$1] }
    let extents = x.shape.dimensions.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
    shape = try call.flag("keepdims", true) ? reduced : call.shape(extents)
  }

  @inline(__always)
  private func folded<Element: BitwiseCopyable, Total: BitwiseCopyable>(
    _ elements: [Element], from start: Total, _ function: (Total, Element) -> Total
  ) -> [Total] {
    var totals = [Total](repeating: start, count: totalCount)
    broadcast.fold(elements, into: &totals, function)
    return totals
  }

  /// Totals in binary64 for floating-point numbers, and in 64 bits for integers.
  @inline(__always)
  func totals(
    from start: Int = 0, double: (Double, Double) -> Double, integer: (Int64, Int64) -> Int64,
    unsigned: (UInt64, UInt64) -> UInt64, divisor: Int? = nil
  ) throws -> Value {
    switch try x.elements {
    case .integer(let values):
      var totals = folded(values, from: Int64(start), integer)
      if let divisor { totals = totals.mapped { $0 / Int64(divisor) } }
      return Value(x.elementType, shape, wrapping: totals)
    case .unsigned(let values):
      var totals = folded(values, from: UInt64(start), unsigned)
      if let divisor { totals = totals.mapped { $0 / UInt64(divisor) } }
      return Value(x.elementType, shape, exact: .unsigned(totals))
    case .float, .double, .bool:
      return try totals(from: Double(start), double: double) { $0 / Double(divisor ?? 1) }
    }
  }

  /// Totals in binary64, as numbers of the operand's type in the end.
  @inline(__always)
  func totals(
    from start: Double = 0, double: (Double, Double) -> Double, finishing finish: (Double) -> Double
  ) throws -> Value {
    let totals: [Double] =
      switch try x.elements {
      case .float(let values): folded(values, from: start) { double($0, Double($1)) }
      case .double(let values): folded(values, from: start, double)
      case .integer, .unsigned: folded(try x.doubles(), from: start, double)
      case .bool: throw Value.unsupported(x.elementType)
      }
    return try Value(.float64, shape, exact: .double(totals.mapped(finish)))
      .casted(to: x.elementType)
  }

  /// The logarithm of the sum of the exponentials, each less the largest number so that none
  /// becomes infinite.
  func logSumExp() throws -> Value {
    if case .bool = try x.elements { throw Value.unsupported(x.elementType) }
    let values = try x.doubles()
    let largest = folded(values, from: -.infinity) { $0 > $1 || $0.isNaN ? $0 : $1 }
      .mapped { $0.isFinite ? $0 : 0 }
    var sums = [Double](repeating: 0, count: totalCount)
    let shifted = broadcast.combine(values, largest) { exp($0 - $1) }
    broadcast.fold(shifted, into: &sums) { $0 + $1 }
    for index in sums.indices { sums[index] = largest[index] + log(sums[index]) }
    return try Value(.float64, shape, exact: .double(sums)).casted(to: x.elementType)
  }

  /// The largest or smallest element; the start where there are none.
  @inline(__always)
  func extremes(
    float: (Float, Float) -> Float, double: (Double, Double) -> Double, from limit: Float,
    integer: (Int64, Int64) -> Int64, from integerLimit: Int64,
    unsigned: (UInt64, UInt64) -> UInt64, from unsignedLimit: UInt64,
    bool: (Bool, Bool) -> Bool, from boolLimit: Bool
  ) throws -> Value {
    let elements: Value.Elements =
      switch try x.elements {
      case .float(let values): .float(folded(values, from: limit, float))
      case .double(let values): .double(folded(values, from: Double(limit), double))
      case .integer(let values): .integer(folded(values, from: integerLimit, integer))
      case .unsigned(let values): .unsigned(folded(values, from: unsignedLimit, unsigned))
      case .bool(let values): .bool(folded(values, from: boolLimit, bool))
      }
    return Value(x.elementType, shape, exact: elements)
  }
}
