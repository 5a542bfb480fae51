import Execution
import Networks
import Quantization
import Tensors

/// A program that ``OneDNNBackend`` runs.
final class OneDNNProgram: CompiledProgram, @unchecked Sendable {  // state lives on `thread`
  let bound: BoundProgram
  private let thread: OneDNNThread
  private let store: ValueStore
  private let kernels: StepKernels
  private let lastReaders: [String: String]

  init(_ bound: BoundProgram, thread: OneDNNThread, engine: Engine) {
    self.bound = bound
    self.thread = thread
    store = ValueStore(on: engine, bound.plan.standard)
    kernels = StepKernels(bound, store: store)
    lastReaders = bound.program.lastReaders
  }

  func prepare(_ frame: any HeldTensor, as input: String) throws -> any HeldTensor { frame }

  func run(held inputs: [String: any HeldTensor], taps: Taps) throws -> [String: any HeldTensor] {
    let inputs = try inputs.mapValues { try $0.floats() }
    try check(inputs)
    return try thread.run { try runSteps(inputs, taps) }
  }

  func run(step name: String, inputs: [FloatTensor]) throws -> FloatTensor {
    guard let step = bound.program.step(name) else {
      throw ExecutionError.noStep(program: bound.program.name, step: name)
    }
    _ = try step.outputShape(for: inputs.map(\.shape))
    return try thread.run {
      let values = try zip(inputs, step.inputs).map { tensor, input in
        try naming(name) { try store.load(tensor, as: bound.storage(of: input)) }
      }
      let value = try evaluate(step, values, mayOverwriteLast: false)
      return try naming(name) { try store.read(value) }
    }
  }

  /// Checks the shapes of all steps before anything is computed.
  private func check(_ inputs: [String: FloatTensor]) throws {
    let program = bound.program
    var shapes: [String: Shape] = [:]
    for name in program.inputs {
      guard let tensor = inputs[name] else {
        throw ExecutionError.missingInput(program: program.name, input: name)
      }
      shapes[name] = tensor.shape
    }
    for step in program.steps {
      shapes[step.name] = try step.outputShape(for: step.inputs.compactMap { shapes[$0] })
    }
  }

  private func runSteps(
    _ inputs: [String: FloatTensor], _ taps: Taps
  ) throws -> [String: FloatTensor] {
    let program = bound.program
    var values: [String: Value] = [:]
    var outputs: [String: FloatTensor] = [:]
    func keep(_ value: Value, _ name: String) throws {
      if lastReaders[name] != nil { values[name] = value }
      let handedOut = program.outputs.filter { $0.value == name }
      guard taps.names.contains(name) || !handedOut.isEmpty else { return }
      let tensor = try naming(name) { try store.read(value) }
      for output in handedOut { outputs[output.name] = tensor }
      if taps.names.contains(name) { try taps.receive(name, tensor) }
    }
    for name in program.inputs {
      guard let tensor = inputs[name] else { continue }
      try keep(try naming(name) { try store.load(tensor, as: bound.storage(of: name)) }, name)
    }
    for step in program.steps {
      let operands = step.inputs.compactMap { values[$0] }
      for input in step.inputs where lastReaders[input] == step.name { values[input] = nil }
      let isLastOwn =
        step.inputs.last.map { values[$0] == nil && !step.inputs.dropLast().contains($0) }
      try keep(try evaluate(step, operands, mayOverwriteLast: isLastOwn ?? false), step.name)
    }
    return outputs
  }

  private func evaluate(
    _ step: Step, _ inputs: [Value], mayOverwriteLast: Bool
  ) throws -> Value {
    try naming(step.name) {
      let kernel = try kernels.kernel(for: step, shapes: inputs.map(\.shape))
      let operands = try zip(inputs, kernel.inputs).map { try store.convert($0, to: $1) }
      let value = try kernel.run(operands, mayOverwriteLast: mayOverwriteLast, in: store)
      return try store.store(value, as: bound.storage(of: step.name))
    }
  }
}
