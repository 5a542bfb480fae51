import Execution
import Foundation
import Tensors

extension OperatorTable {
  /// What ONNX Runtime's optimizer makes of several standard operators; domain `com.microsoft`.
  static let fused: [String: Operator] = [
    "FusedConv": Operator(
      inputs: 2...4,
      attributes: convolutionAttributes.union(["activation", "activation_params"])
    ) { [try fusedConvolution($0)] },
    "FusedMatMul": Operator(
      inputs: 2...2, attributes: ["alpha", "transA", "transB", "transBatchA", "transBatchB"]
    ) { call in
      let (left, right) = (try call.input(0), try call.input(1))
      guard left.elementType.isFloatingPoint else { throw Value.unsupported(left.elementType) }
      let plan = try MatrixPlan(
        call, left.shape, right.shape,
        transposes: (try call.flag("transA"), try call.flag("transB")),
        transposesBatch: (try call.flag("transBatchA"), try call.flag("transBatchB")))
      return [try plan.product(call, left, right, scale: Double(call.float("alpha", 1)))]
    },
  ]

  /// `FusedConv`: a convolution, plus the fourth input if there is one, and then an activation.
  private static func fusedConvolution(_ call: OperatorCall) throws -> Value {
    let activation = try FusedActivation(call)
    var value = try convolution(call)
    if let addend = call.optional(3) {
      guard addend.shape == value.shape, addend.elementType == value.elementType else {
        throw OperatorFailure.malformed(
          "Z: expected \(value.elementType.rawValue) \(value.shape), found "
            + "\(addend.elementType.rawValue) \(addend.shape)")
      }
      if let first = value.held, let second = addend.held,
        let sum = try call.kernels?.add(first, second)
      {
        value = Value(sum)
      } else {
        let sums = zip(try value.realNumbers(), try addend.realNumbers()).map { $0 + $1 }
        value = Value(value.elementType, value.shape, rounding: sums)
      }
    }
    switch activation {
    case .none: return value
    case .relu:
      if let held = value.held, let result = try call.kernels?.relu(held) { return Value(result) }
    default: break
    }
    return Value(
      value.elementType, value.shape, rounding: try value.realNumbers().map(activation.apply))
  }
}

/// What `FusedConv` does with each number of its result.
private enum FusedActivation {
  case none
  case relu
  case tanh
  case sigmoid
  case leakyRelu(Double)
  case clip(Double, Double)
  case hardSigmoid(Double, Double)

  init(_ call: OperatorCall) throws {
    let name = try call.text("activation", "")
    let numbers = try (call.floats("activation_params") ?? []).map { Double($0) }
    switch (name, numbers.count) {
    case ("", _): self = .none
    case ("Relu", _): self = .relu
    case ("Tanh", _): self = .tanh
    case ("Sigmoid", _): self = .sigmoid
    case ("LeakyRelu", 1): self = .leakyRelu(numbers[0])
    case ("Clip", 2): self = .clip(numbers[0], numbers[1])
    case ("HardSigmoid", 2): self = .hardSigmoid(numbers[0], numbers[1])
    default:
      throw OperatorFailure.unsupported(
        "activation '\(name)' with \(numbers.count) parameters is not supported")
    }
  }

  func apply(_ x: Double) -> Double {
    switch self {
    case .none: x
    case .relu: x < 0 ? 0 : x
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .leakyRelu(let slope): x < 0 ? x * slope : x
    case .clip(let lowest, let highest): x < lowest ? lowest : (x > highest ? highest : x)
    case .hardSigmoid(let slope, let shift):
      x.isNaN ? x : max(0, min(1, slope * x + shift))
    }
  }
}
