import Execution
import Foundation
import OnnxFiles
import Tensors

extension OperatorTable {
  /// Activation functions, element by element.
  static let activations: [String: Operator] = [
    "Relu": Operator(inputs: 1...1) { call in
      if let kernels = call.kernels, let x = try call.input(0).held,
        let result = try kernels.relu(x)
      {
        return [Value(result)]
      }
      return try call.numbers(
        float: { $0 < 0 ? 0 : $0 }, double: { $0 < 0 ? 0 : $0 }, integer: { max($0, 0) })
    },
    "LeakyRelu": Operator(inputs: 1...1, attributes: ["alpha"]) { call in
      let alpha = try call.float("alpha", 0.01)
      return try call.floatingPoint(
        float: { $0 < 0 ? alpha * $0 : $0 }, double: { $0 < 0 ? Double(alpha) * $0 : $0 })
    },
    "PRelu": Operator(inputs: 2...2, parametricRelu),
    "Elu": Operator(inputs: 1...1, attributes: ["alpha"]) { call in
      let alpha = try call.float("alpha", 1)
      return try call.floatingPoint(
        float: { $0 < 0 ? alpha * expm1f($0) : $0 },
        double: { $0 < 0 ? Double(alpha) * expm1($0) : $0 })
    },
    "Selu": Operator(inputs: 1...1, attributes: ["alpha", "gamma"]) { call in
      let alpha = try call.float("alpha", 1.673_263_19)
      let gamma = try call.float("gamma", 1.050_701_02)
      return try call.floatingPoint(
        float: { gamma * ($0 > 0 ? $0 : alpha * expm1f($0)) },
        double: { Double(gamma) * ($0 > 0 ? $0 : Double(alpha) * expm1($0)) })
    },
    "Softplus": Operator(inputs: 1...1) { call in
      try call.floatingPoint(
        float: { ($0 < 0 ? 0 : $0) + log1pf(expf(-abs($0))) },
        double: { ($0 < 0 ? 0 : $0) + log1p(exp(-abs($0))) })
    },
    "Sigmoid": Operator(inputs: 1...1) { call in
      try call.floatingPoint(
        float: { 1 / (1 + expf(-$0)) }, double: { 1 / (1 + exp(-$0)) })
    },
    "Tanh": Operator(inputs: 1...1) { call in
      try call.floatingPoint(float: { tanhf($0) }, double: { tanh($0) })
    },
    "HardSigmoid": Operator(inputs: 1...1, attributes: ["alpha", "beta"]) { call in
      let alpha = try call.float("alpha", 0.2)
      let beta = try call.float("beta", 0.5)
      return try call.floatingPoint(
        float: { (alpha * $0 + beta).clipped(0, 1) },
        double: { (Double(alpha) * $0 + Double(beta)).clipped(0, 1) })
    },
    "Clip": Operator(inputs: 1...3, attributes: ["min", "max"], clipped),
  ]

  /// `x`, or `slope * x` where it is negative.
  ///
  /// Up to operator set 6, a vector of slopes has one for each channel; since then it is broadcast.
  private static func parametricRelu(_ call: OperatorCall) throws -> [Value] {
    let (x, slope) = (try call.input(0), try call.input(1))
    try OperatorCall.requireSameType(x, slope)
    let isPerChannel =
      call.opset < 7 && slope.shape.rank == 1 && slope.shape.elementCount > 1 && x.shape.rank > 2
    let slopes =
      isPerChannel
      ? try call.shape(
        slope.shape.dimensions + [Int](repeating: 1, count: x.shape.rank - 2)) : slope.shape
    let broadcast = try Broadcast(x.shape, slopes)
    guard broadcast.shape == x.shape else {
      throw OperatorFailure.malformed(
        "slope: expected a shape that is broadcast to \(x.shape), found \(slope.shape)")
    }
    let (type, shape) = (x.elementType, x.shape)
    switch (try x.elements, try slope.elements) {
    case (.float(let x), .float(let slope)):
      return [Value(type, shape, floats: broadcast.combine(x, slope) { $0 < 0 ? $1 * $0 : $0 })]
    case (.double(let x), .double(let slope)):
      let results = broadcast.combine(x, slope) { $0 < 0 ? $1 * $0 : $0 }
      return [Value(type, shape, exact: .double(results))]
    case (.integer(let x), .integer(let slope)):
      let results = broadcast.combine(x, slope) { $0 < 0 ? $1 &* $0 : $0 }
      return [Value(type, shape, wrapping: results)]
    case (.unsigned, .unsigned): return [x]
    default: throw Value.unsupported(type)
    }
  }

  /// `min(max(x, lowest), highest)`, where the bounds are those of the type unless given: by
  /// settings up to operator set 10, by inputs since then. NaN stays NaN.
  private static func clipped(_ call: OperatorCall) throws -> [Value] {
    let x = try call.input(0)
    func bound<Number>(_ index: Int, _ standard: Number, _ read: (Value) throws -> [Number]) throws
      -> Number
    {
      guard let value = call.optional(index) else { return standard }
      try OperatorCall.requireSameType(x, value)
      let numbers = try read(value)
      guard numbers.count == 1 else {
        throw OperatorFailure.malformed(
          "input \(index): expected one number, found shape \(value.shape)")
      }
      return numbers[0]
    }
    let usesSettings = call.opset < 11
    guard usesSettings ? call.inputs.count == 1 : call.operation.attributes.isEmpty else {
      throw OperatorFailure.malformed(
        "expected the bounds as \(usesSettings ? "attributes" : "inputs")")
    }
    let (type, shape) = (x.elementType, x.shape)
    switch try x.elements {
    case .float(let values):
      let lowest = try bound(1, call.float("min", -type.greatestFinite)) { try $0.floats() }
      let highest = try bound(2, call.float("max", type.greatestFinite)) { try $0.floats() }
      return [Value(type, shape, floats: values.mapped { $0.clipped(lowest, highest) })]
    case .double(let values):
      let limit = Double.greatestFiniteMagnitude
      let lowest = try bound(1, call.float("min").map(Double.init) ?? -limit) { try $0.doubles() }
      let highest = try bound(2, call.float("max").map(Double.init) ?? limit) { try $0.doubles() }
      return [Value(type, shape, exact: .double(values.mapped { $0.clipped(lowest, highest) }))]
    case .integer(let values):
      let lowest = try bound(1, type.integers.lowerBound) { try $0.integers() }
      let highest = try bound(2, type.integers.upperBound) { try $0.integers() }
      return [Value(type, shape, exact: .integer(values.mapped { $0.clipped(lowest, highest) }))]
    case .unsigned(let values):
      let lowest = try bound(1, UInt64.min) { try $0.unsignedIntegers() }
      let highest = try bound(2, UInt64.max) { try $0.unsignedIntegers() }
      return [Value(type, shape, exact: .unsigned(values.mapped { $0.clipped(lowest, highest) }))]
    case .bool: throw Value.unsupported(type)
    }
  }
}

extension Comparable {
  /// The nearest of what lies between `lowest` and `highest`; the latter where they are crossed.
  @inline(__always)
  fileprivate func clipped(_ lowest: Self, _ highest: Self) -> Self {
    let raised = self < lowest ? lowest : self
    return raised > highest ? highest : raised
  }
}
