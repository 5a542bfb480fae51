import Foundation
import OnnxFiles
import Tensors

extension OperatorTable {
  /// Operators that turn the elements along dimensions into one.
  ///
  /// Floating-point numbers are added and multiplied in binary64 and rounded once. Integers wrap
  /// around; of means, roots and logarithms of integers, the fraction is cut off.
  static let reductions: [String: Operator] = [
    "ReduceSum": reduction(axesAreInputSince: 13) { reduction in
      try reduction.totals(
        double: { $0 + $1 }, integer: { $0 &+ $1 }, unsigned: { $0 &+ $1 })
    },
    "ReduceMean": reduction { reduction in
      guard reduction.count > 0 || reduction.x.elementType.isFloatingPoint else {
        throw OperatorFailure.malformed("expected integers to take the mean of, found none")
      }
      return try reduction.totals(
        double: { $0 + $1 }, integer: { $0 &+ $1 }, unsigned: { $0 &+ $1 },
        divisor: reduction.count)
    },
    "ReduceProd": reduction { reduction in
      try reduction.totals(
        from: 1, double: { $0 * $1 }, integer: { $0 &* $1 }, unsigned: { $0 &* $1 })
    },
    "ReduceL1": reduction { reduction in
      try reduction.totals(
        double: { $0 + abs($1) }, integer: { $0 &+ ($1 < 0 ? 0 &- $1 : $1) },
        unsigned: { $0 &+ $1 })
    },
    "ReduceSumSquare": reduction { reduction in
      try reduction.totals(
        double: { $0 + $1 * $1 }, integer: { $0 &+ $1 &* $1 }, unsigned: { $0 &+ $1 &* $1 })
    },
    "ReduceL2": reduction { reduction in
      try reduction.totals(double: { $0 + $1 * $1 }, finishing: { $0.squareRoot() })
    },
    "ReduceLogSum": reduction { reduction in
      try reduction.totals(double: { $0 + $1 }, finishing: log)
    },
    "ReduceLogSumExp": reduction { try $0.logSumExp() },
    "ReduceMax": reduction { reduction in
      try reduction.extremes(
        float: { $0 > $1 || $0.isNaN ? $0 : $1 }, double: { $0 > $1 || $0.isNaN ? $0 : $1 },
        from: -.infinity, integer: { max($0, $1) },
        from: reduction.x.elementType.integers.lowerBound,
        unsigned: { max($0, $1) }, from: UInt64.min, bool: { $0 || $1 }, from: false)
    },
    "ReduceMin": reduction { reduction in
      try reduction.extremes(
        float: { $0 < $1 || $0.isNaN ? $0 : $1 }, double: { $0 < $1 || $0.isNaN ? $0 : $1 },
        from: .infinity, integer: { min($0, $1) },
        from: reduction.x.elementType.integers.upperBound,
        unsigned: { min($0, $1) }, from: UInt64.max, bool: { $0 && $1 }, from: true)
    },
    "ArgMax": extremeIndex(isLargest: true),
    "ArgMin": extremeIndex(isLargest: false),
  ]

  /// An operator whose axes are a setting, and an input from the operator set given on.
  private static func reduction(
    axesAreInputSince opset: Int = 18, _ evaluate: @escaping @Sendable (Reduction) throws -> Value
  ) -> Operator {
    Operator(inputs: 1...2, attributes: ["axes", "keepdims", "noop_with_empty_axes"]) { call in
      let isInput = call.opset >= opset
      guard isInput ? call.operation.attributes["axes"] == nil : call.inputs.count == 1 else {
        throw OperatorFailure.malformed("axes: expected an \(isInput ? "input" : "attribute")")
      }
      let axes = try isInput ? call.integers(input: 1) : call.integers("axes")
      if axes?.isEmpty ?? true, isInput, try call.flag("noop_with_empty_axes") {
        return [try evaluate(Reduction(call.input(0), axes: [], call))]
      }
      let x = try call.input(0)
      let all = axes?.isEmpty ?? true ? Array(0..<x.shape.rank) : axes ?? []
      return [try evaluate(Reduction(x, axes: all, call))]
    }
  }
}
