import Execution
import Foundation
import Tensors

extension OperatorTable {
  /// Operators on numbers, element by element.
  ///
  /// Integers wrap around in the width of their type.
  static let arithmetic: [String: Operator] = unaryArithmetic.merging(binaryArithmetic) {
    _, _ in preconditionFailure("an operator stands in two tables")
  }

  private static let binaryArithmetic: [String: Operator] = [
    "Add": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      if let sum = try sumOnKernels(call) { return [sum] }
      return try call.numbers(
        float: { $0 + $1 }, double: { $0 + $1 }, integer: { $0 &+ $1 }, unsigned: { $0 &+ $1 })
    },
    "Sub": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.numbers(
        float: { $0 - $1 }, double: { $0 - $1 }, integer: { $0 &- $1 }, unsigned: { $0 &- $1 })
    },
    "Mul": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.numbers(
        float: { $0 * $1 }, double: { $0 * $1 }, integer: { $0 &* $1 }, unsigned: { $0 &* $1 })
    },
    "Div": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.requireNonzeroIntegers(input: 1)
      return try call.numbers(
        float: { $0 / $1 }, double: { $0 / $1 },
        integer: { $0.dividedReportingOverflow(by: $1).partialValue }, unsigned: { $0 / $1 })
    },
    "Mod": Operator(opsets: 10...28, inputs: 2...2, attributes: ["fmod"]) { call in
      try call.requireNonzeroIntegers(input: 1)
      guard try call.flag("fmod") else {
        guard try call.opset >= 28 || !call.input(0).elementType.isFloatingPoint else {
          throw OperatorFailure.malformed(
            "attribute 'fmod': expected 1 for floating-point numbers, found 0")
        }
        return try call.numbers(
          float: flooredRemainder, double: flooredRemainder,
          integer: { dividend, divisor in
            let remainder = dividend.remainderReportingOverflow(dividingBy: divisor).partialValue
            return remainder != 0 && (remainder < 0) != (divisor < 0)
              ? remainder &+ divisor : remainder
          }, unsigned: { $0 % $1 })
      }
      return try call.numbers(
        float: fmodf, double: fmod,
        integer: { $0.remainderReportingOverflow(dividingBy: $1).partialValue },
        unsigned: { $0 % $1 })
    },
    "Pow": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes, power),
    "Min": Operator(inputs: 1...Int.max) { call in
      try call.accumulated(
        float: { $0 < $1 || $0.isNaN ? $0 : $1 }, double: { $0 < $1 || $0.isNaN ? $0 : $1 },
        integer: { min($0, $1) }, unsigned: { min($0, $1) })
    },
    "Max": Operator(inputs: 1...Int.max) { call in
      try call.accumulated(
        float: { $0 > $1 || $0.isNaN ? $0 : $1 }, double: { $0 > $1 || $0.isNaN ? $0 : $1 },
        integer: { max($0, $1) }, unsigned: { max($0, $1) })
    },
    "Sum": Operator(inputs: 1...Int.max) { call in
      try call.accumulated(
        float: { $0 + $1 }, double: { $0 + $1 }, integer: { $0 &+ $1 }, unsigned: { $0 &+ $1 })
    },
  ]

  /// The sum of two operands of one shape on the kernels of the run; nil where they have none.
  private static func sumOnKernels(_ call: OperatorCall) throws -> Value? {
    guard let kernels = call.kernels, let left = try call.input(0).held,
      let right = try call.input(1).held, left.shape == right.shape
    else { return nil }
    return try kernels.add(left, right).map(Value.init)
  }

  /// The remainder with the sign of the divisor.
  private static func flooredRemainder<Number: BinaryFloatingPoint>(
    _ dividend: Number, _ divisor: Number
  ) -> Number {
    let remainder = dividend.truncatingRemainder(dividingBy: divisor)
    guard remainder != 0 else { return Number(signOf: divisor, magnitudeOf: 0) }
    return (remainder < 0) != (divisor < 0) ? remainder + divisor : remainder
  }

  private static let unaryArithmetic: [String: Operator] = [
    "Neg": Operator(inputs: 1...1) { call in
      try call.numbers(float: { -$0 }, double: { -$0 }, integer: { 0 &- $0 })
    },
    "Abs": Operator(inputs: 1...1) { call in
      if case .unsigned = try call.input(0).elements { return [try call.input(0)] }
      return try call.numbers(
        float: { abs($0) }, double: { abs($0) }, integer: { $0 < 0 ? 0 &- $0 : $0 })
    },
    "Sign": Operator(opsets: 9...28, inputs: 1...1) { call in
      let x = try call.input(0)
      if case .unsigned(let values) = try x.elements {
        return [Value(x.elementType, x.shape, exact: .unsigned(values.mapped { min($0, 1) }))]
      }
      return try call.numbers(
        float: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, double: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
        integer: { $0.signum() })
    },
    "Sqrt": Operator(inputs: 1...1) { call in
      try call.floatingPoint(float: { $0.squareRoot() }, double: { $0.squareRoot() })
    },
    "Exp": Operator(inputs: 1...1) { call in try call.floatingPoint(float: expf, double: exp) },
    "Log": Operator(inputs: 1...1) { call in try call.floatingPoint(float: logf, double: log) },
    "Reciprocal": Operator(inputs: 1...1) { call in
      try call.floatingPoint(float: { 1 / $0 }, double: { 1 / $0 })
    },
    "Floor": Operator(inputs: 1...1) { call in
      try call.floatingPoint(float: { $0.rounded(.down) }, double: { $0.rounded(.down) })
    },
    "Ceil": Operator(inputs: 1...1) { call in
      try call.floatingPoint(float: { $0.rounded(.up) }, double: { $0.rounded(.up) })
    },
    "Round": Operator(opsets: 11...28, inputs: 1...1) { call in
      try call.floatingPoint(
        float: { $0.rounded(.toNearestOrEven) }, double: { $0.rounded(.toNearestOrEven) })
    },
    "Erf": Operator(opsets: 9...28, inputs: 1...1) { call in
      try call.floatingPoint(float: erff, double: erf)
    },
  ]
}
