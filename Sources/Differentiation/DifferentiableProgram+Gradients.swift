import Networks
import Tensors

extension DifferentiableProgram {
  /// The gradients of a loss whose gradients by the outputs of the run of `tape` are `outputs`, by
  /// name; an output that is absent does not count.
  ///
  /// `inputs` are those whose gradients are wanted. Throws what the kernels throw.
  public func gradients(
    of tape: Tape<Kernels>, by outputs: [String: Value], inputs: Set<String>
  ) throws -> Gradients<Kernels> {
    var pass = BackwardPass(self, wanting: inputs)
    for output in program.outputs {
      if let gradient = outputs[output.name] { try pass.add(gradient, to: output.value) }
    }
    for stage in stages.reversed() {
      var inside = tape
      if checkpoints == .stages { try run(stage, &inside) }
      for step in program.steps[stage].reversed() { try pass.step(step, inside) }
    }
    for name in program.inputs where inputs.contains(name) {
      guard var gradient = pass.pending[name] else { continue }
      if let rounding = rounding.held[name], let value = tape.unrounded[name] {
        gradient = try pass.through(rounding, gradient, value)
      }
      pass.result.inputs[name] = gradient
    }
    return pass.result
  }
}

/// Gradients on their way from the outputs of a program to its inputs.
private struct BackwardPass<Kernels: DifferentiableKernels> {
  typealias Value = Kernels.Value

  let network: DifferentiableProgram<Kernels>
  let kernels: Kernels
  /// The values that something trained or wanted leads to.
  let needed: Set<String>
  /// The gradients by values whose readers were all looked at, or some of them.
  var pending: [String: Value] = [:]
  var result = Gradients<Kernels>()

  init(_ network: DifferentiableProgram<Kernels>, wanting inputs: Set<String>) {
    self.network = network
    kernels = network.kernels
    var needed = inputs
    for step in network.program.steps {
      if network.numbers[step.name] != nil || step.inputs.contains(where: needed.contains) {
        needed.insert(step.name)
      }
    }
    self.needed = needed
  }

  /// Adds `gradient` to that of the value `name`.
  mutating func add(_ gradient: Value, to name: String) throws {
    guard needed.contains(name) else { return }
    pending[name] = try pending[name].map { try kernels.sum([$0, gradient]) } ?? gradient
  }

  /// Takes the gradient by the value of `step` to its operands and its numbers.
  mutating func step(_ step: Step, _ tape: Tape<Kernels>) throws {
    guard needed.contains(step.name), var gradient = pending.removeValue(forKey: step.name) else {
      return
    }
    var value = tape.value(step.name)
    if let rounding = network.rounding.held[step.name], let unrounded = tape.unrounded[step.name] {
      gradient = try through(rounding, gradient, unrounded)
      value = unrounded
    }
    if step.appliesReLU { gradient = try kernels.reluGradient(gradient, result: value) }
    if step.addsResidual { try pass(gradient, to: 1, of: step, tape) }
    let x = try network.operand(0, of: step, tape)
    switch step.operation {
    case .convolution(let geometry):
      gradient = try fitted(gradient, kernels.shape(of: x)[0])
      let read = try network.normalized(x, by: step)
      result.steps[step.name] = try kernels.convolutionGradients(
        gradient, read, geometry, hasBias: network.numbers(of: step).bias != nil)
      guard needed.contains(step.inputs[0]) else { return }
      gradient = try kernels.convolutionGradient(
        gradient, network.kernel(of: step), input: kernels.shape(of: x))
      if let normalization = network.numbers(of: step).normalization {
        if let rounding = network.rounding.normalized[step.name] {
          gradient = try through(rounding, gradient, kernels.normalized(x, normalization))
        }
        gradient = try kernels.divided(gradient, by: normalization.deviation)
      }
      try pass(gradient, to: 0, of: step, tape)
    case .normalize:
      gradient = try kernels.divided(gradient, by: network.normalization(of: step).deviation)
      try pass(gradient, to: 0, of: step, tape)
    case .batchNormalization(let normalization):
      let scale = network.numbers(of: step).weight.values
      if network.batchNorms == .batch, let moments = tape.moments[step.name] {
        let (input, parameters) = try kernels.batchNormalizationGradient(
          gradient, x, scale: scale, moments: moments, epsilon: normalization.epsilon)
        result.steps[step.name] = parameters
        try pass(input, to: 0, of: step, tape)
      } else {
        result.steps[step.name] = try kernels.scaleAndShiftGradients(gradient, x)
        guard needed.contains(step.inputs[0]) else { return }
        let zeros = [Kernels.Scalar](repeating: 0, count: scale.count)
        try pass(
          try kernels.scaleAndShift(gradient, scale: scale, shift: zeros), to: 0, of: step, tape)
      }
    case .relu: try pass(try kernels.reluGradient(gradient, result: value), to: 0, of: step, tape)
    case .maxPool(let pool):
      guard needed.contains(step.inputs[0]) else { return }
      try pass(try kernels.maxPoolGradient(gradient, x, pool), to: 0, of: step, tape)
    case .add:
      for index in step.inputs.indices { try pass(gradient, to: index, of: step, tape) }
    case .upsample(let factor):
      gradient = try fitted(gradient, kernels.shape(of: x)[0])
      guard needed.contains(step.inputs[0]) else { return }
      try pass(try kernels.upsampleGradient(gradient, by: factor), to: 0, of: step, tape)
    case .concatenate:
      var first = 0
      for index in step.inputs.indices {
        let end = first + kernels.shape(of: tape.value(step.inputs[index]))[1]
        if needed.contains(step.inputs[index]) {
          try pass(try kernels.channels(first..<end, of: gradient), to: index, of: step, tape)
        }
        first = end
      }
    case .memoryRead:
      let operands = try step.inputs.indices.map { try network.operand($0, of: step, tape) }
      let (keys, values, query) = try kernels.memoryReadGradient(
        gradient, keys: operands[0], values: operands[1], query: operands[2], result: value)
      for (index, gradient) in [keys, values, query].enumerated() {
        try pass(gradient, to: index, of: step, tape)
      }
    }
  }

  /// Hands `gradient`, by operand `index` of `step` as it reads it, on to that value.
  private mutating func pass(
    _ gradient: Value, to index: Int, of step: Step, _ tape: Tape<Kernels>
  ) throws {
    let name = step.inputs[index]
    guard needed.contains(name) else { return }
    let value = tape.value(name)
    var gradient = try fitted(gradient, kernels.shape(of: value)[0])
    if let rounding = network.rounding.operands[step.name]?[index] {
      gradient = try through(rounding, gradient, value)
    }
    try add(gradient, to: name)
  }

  /// The gradient by what is rounded to what `gradient` is by, `value` before that.
  mutating func through(
    _ rounding: FakeQuantization<Kernels.Scalar>, _ gradient: Value, _ value: Value
  ) throws -> Value {
    let (input, scale) = try kernels.quantizationGradient(gradient, value, rounding)
    if let name = rounding.scaleName { result.scales[name, default: 0] += scale }
    return input
  }

  /// `gradient` summed over its images, where what it is by has but one.
  private func fitted(_ gradient: Value, _ images: Int) throws -> Value {
    images == kernels.shape(of: gradient)[0] ? gradient : try kernels.summedOverImages(gradient)
  }
}

extension DifferentiableKernels {
  /// `gradient` divided by the number of each channel.
  fileprivate func divided(_ gradient: Value, by deviation: [Float]) throws -> Value {
    try scaleAndShift(
      gradient, scale: deviation.map { 1 / Scalar($0) },
      shift: [Scalar](repeating: 0, count: deviation.count))
  }
}
