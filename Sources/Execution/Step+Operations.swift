public import Networks
public import Tensors

extension Step {
  /// How many operations the step takes for inputs of these shapes: two, a multiplication and an
  /// addition, for every product of a convolution or of the memory read.
  ///
  /// Everything else counts as none: biases, residuals, activations, the softmax, and steps that
  /// only pass over their inputs. Throws ``ExecutionError/shape(step:expected:found:)``.
  public func operations(for inputs: [Shape]) throws(ExecutionError) -> Int {
    let output = try outputShape(for: inputs)
    switch operation {
    case .convolution(let convolution):
      let products = convolution.inputChannels * convolution.kernel * convolution.kernel
      return 2 * output.elementCount * products
    case .memoryRead:
      let (keys, values, query) = (inputs[0], inputs[1], inputs[2])
      let entries = keys[2] * keys[3] * keys[4]
      return 2 * keys[0] * (keys[1] + values[1]) * entries * query[2] * query[3]
    case .normalize, .batchNormalization, .relu, .maxPool, .add, .upsample, .concatenate:
      return 0
    }
  }
}

extension Program {
  /// How many operations each step takes for inputs of these shapes, by the step's name, as
  /// ``Networks/Step/operations(for:)`` counts them.
  ///
  /// Throws ``ExecutionError/missingInput(program:input:)`` or
  /// ``ExecutionError/shape(step:expected:found:)``.
  public func operations(for inputs: [String: Shape]) throws(ExecutionError) -> [String: Int] {
    var shapes: [String: Shape] = [:]
    for input in self.inputs {
      guard let shape = inputs[input] else { throw .missingInput(program: name, input: input) }
      shapes[input] = shape
    }
    var operations: [String: Int] = [:]
    for step in steps {
      let operands = step.inputs.compactMap { shapes[$0] }
      operations[step.name] = try step.operations(for: operands)
      shapes[step.name] = try step.outputShape(for: operands)
    }
    return operations
  }
}
