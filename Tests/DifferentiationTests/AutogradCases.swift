import Differentiation
import Foundation
import Networks
import Safetensors
import Tensors
import Testing

/// What PyTorch computed for operators, and their gradients: a file of the folder `Fixtures`.
struct AutogradCases {
  private let archive: TensorArchive

  init(_ file: String) throws {
    let folder = try #require(Bundle.module.resourceURL)
    archive = try SafetensorsFile.read(folder.appending(path: "Fixtures/\(file)").path)
  }

  /// Whether the file has a tensor `name`.
  func has(_ name: String) -> Bool { archive[name] != nil }

  /// The numbers of the tensor `name`, in binary64.
  func numbers(_ name: String) throws -> Numbers<Double> {
    let tensor = try #require(try archive[name]?.tensor(), "'\(name)'")
    return Numbers(
      shape: tensor.shape, values: tensor.numbers(in: 0..<tensor.shape.elementCount))
  }

  /// The only number of the tensor `name`.
  func number(_ name: String) throws -> Double { try numbers(name).values[0] }

  /// Runs `program` on the tensors of `name` that are called like its inputs, with the kernels and
  /// biases that `numbers` names for its steps, and compares the result and all gradients with
  /// PyTorch's; returns the gradients.
  @discardableResult
  func expect(
    _ name: String, _ program: Program, numbers steps: [String: (weight: String, bias: String)],
    batchNorms: DifferentiableProgram<PlainKernels<Double>>.BatchNorms = .frozen,
    rounding: ProgramRounding<Double> = ProgramRounding(),
    kernel: (Numbers<Double>) -> Numbers<Double> = { $0 }
  ) throws -> Gradients<PlainKernels<Double>> {
    var numbers: [String: StepNumbers<Double>] = [:]
    for (step, names) in steps {
      let bias = has("\(name)/\(names.bias)") ? try self.numbers("\(name)/\(names.bias)") : nil
      numbers[step] = StepNumbers(
        weight: kernel(try self.numbers("\(name)/\(names.weight)")), bias: bias?.values)
    }
    let network = try DifferentiableProgram(
      program, numbers: numbers, kernels: PlainKernels(), batchNorms: batchNorms,
      rounding: rounding)
    var inputs: [String: Numbers<Double>] = [:]
    for input in program.inputs { inputs[input] = try self.numbers("\(name)/\(input)") }
    let tape = try network.run(inputs)
    try expect(tape.output("y"), "\(name)/y")
    let gradients = try network.gradients(
      of: tape, by: ["y": try self.numbers("\(name)/c")], inputs: Set(program.inputs))
    for input in program.inputs { try expect(gradients.inputs[input], "\(name)/d/\(input)") }
    for (step, names) in steps {
      try expect(gradients.steps[step]?.weight, "\(name)/d/\(names.weight)")
      guard let bias = gradients.steps[step]?.bias else {
        #expect(!has("\(name)/\(names.bias)"))
        continue
      }
      try expect(Numbers(shape: [bias.count], values: bias), "\(name)/d/\(names.bias)")
    }
    return gradients
  }

  /// Compares `found` with the tensor `name`, whose largest element a difference is relative to.
  func expect(
    _ found: Numbers<Double>?, _ name: String, tolerance: Double = 1e-12
  ) throws {
    let expected = try numbers(name)
    let found = try #require(found, "'\(name)'")
    #expect(found.shape == expected.shape, "'\(name)'")
    let error = found.relativeError(to: expected)
    #expect(error < tolerance, "'\(name)': \(error)")
  }
}

extension Numbers {
  /// The largest difference to `other` over its largest magnitude.
  func relativeError(to other: Numbers) -> Scalar {
    let largest = other.values.map(\.magnitude).max() ?? 0
    let difference = zip(values, other.values).map { ($0 - $1).magnitude }.max() ?? 0
    return largest > 0 ? difference / largest : difference
  }
}

extension Numbers<Double> {
  /// The numbers in binary32.
  var single: Numbers<Float> { Numbers<Float>(floats) }
}

extension Numbers<Float> {
  /// The numbers in binary64.
  var double: Numbers<Double> { Numbers<Double>(floats) }
}
