import Differentiation
import Networks
import Tensors
import TestSupport

/// A number that a program makes of its inputs and parameters: the sum of all elements of its
/// outputs times numbers drawn once; with its gradients, and what central differences say that
/// these are.
struct ScalarLoss {
  typealias Network = DifferentiableProgram<PlainKernels<Double>>

  /// Numbers that gradients are by.
  enum Part: Hashable {
    case input(String)
    case weight(String)
    case bias(String)
  }

  let program: Program
  var checkpoints = Network.Checkpoints.none
  private var inputs: [String: Numbers<Double>]
  private var numbers: [String: StepNumbers<Double>]
  private let normalizations: [String: ImageNormalization]
  private let batchNorms: Network.BatchNorms
  private var coefficients: [String: Numbers<Double>] = [:]

  init(
    _ program: Program, inputs: [String: Numbers<Double>], numbers: [String: StepNumbers<Double>],
    normalizations: [String: ImageNormalization] = [:], batchNorms: Network.BatchNorms = .frozen
  ) throws {
    self.program = program
    self.inputs = inputs
    self.numbers = numbers
    self.normalizations = normalizations
    self.batchNorms = batchNorms
    var generator = SeededGenerator(seed: 3)
    for output in try network().run(inputs).outputs.sorted(by: { $0.key < $1.key }) {
      coefficients[output.key] = .random(output.value.shape, using: &generator)
    }
  }

  /// All that gradients are by, those of the steps in their order.
  var parts: [Part] {
    program.inputs.map(Part.input)
      + program.steps.flatMap { step -> [Part] in
        guard let numbers = numbers[step.name] else { return [] }
        return [.weight(step.name)] + (numbers.bias == nil ? [] : [.bias(step.name)])
      }
  }

  /// The elements of `part`.
  subscript(part: Part) -> [Double] {
    get {
      switch part {
      case .input(let name): inputs[name]?.values ?? []
      case .weight(let name): numbers[name]?.weight.values ?? []
      case .bias(let name): numbers[name]?.bias ?? []
      }
    }
    set {
      switch part {
      case .input(let name): inputs[name]?.values = newValue
      case .weight(let name): numbers[name]?.weight.values = newValue
      case .bias(let name): numbers[name]?.bias = newValue
      }
    }
  }

  private func network() throws -> Network {
    try DifferentiableProgram(
      program, numbers: numbers, normalizations: normalizations, kernels: PlainKernels(),
      checkpoints: checkpoints, batchNorms: batchNorms)
  }

  /// The number.
  func value() throws -> Double {
    let outputs = try network().run(inputs).outputs
    return coefficients.sorted { $0.key < $1.key }.reduce(0) { sum, output in
      zip(outputs[output.key]?.values ?? [], output.value.values).reduce(sum) { $0 + $1.0 * $1.1 }
    }
  }

  /// Its gradients by all parts.
  func gradients() throws -> [Part: [Double]] {
    let network = try network()
    let gradients = try network.gradients(
      of: network.run(inputs), by: coefficients, inputs: Set(program.inputs))
    var result: [Part: [Double]] = [:]
    for part in parts {
      result[part] =
        switch part {
        case .input(let name): gradients.inputs[name]?.values
        case .weight(let name): gradients.steps[name]?.weight.values
        case .bias(let name): gradients.steps[name]?.bias
        }
    }
    return result
  }

  /// How the number changes if `directions` are added to parts, by the central difference over
  /// `step` times these.
  func derivative(along directions: [Part: [Double]], step: Double = 1e-6) throws -> Double {
    let ends = try [step, -step].map { step in
      var moved = self
      for (part, direction) in directions {
        moved[part] = zip(self[part], direction).map { $0 + step * $1 }
      }
      return try moved.value()
    }
    return (ends[0] - ends[1]) / (2 * step)
  }

  /// The largest difference of an element of the gradient by `part` to the central difference, over
  /// the largest element.
  func error(of gradient: [Double], by part: Part) throws -> Double {
    let differences = try self[part].indices.map { index in
      var direction = [Double](repeating: 0, count: self[part].count)
      direction[index] = 1
      return try derivative(along: [part: direction], step: 1e-5)
    }
    let shape: Shape = [differences.count]
    return Numbers(shape: shape, values: gradient)
      .relativeError(to: Numbers(shape: shape, values: differences))
  }
}

extension Numbers<Double> {
  /// Numbers from -1 to 1.
  static func random(
    _ shape: Shape, using generator: inout SeededGenerator
  ) -> Numbers<Double> {
    Numbers(
      shape: shape,
      values: (0..<shape.elementCount).map { _ in Double.random(in: -1...1, using: &generator) })
  }
}
