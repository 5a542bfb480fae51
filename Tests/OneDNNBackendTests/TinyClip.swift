import Execution
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// The sample configuration with random weights, and a frame with two masks.
struct TinyClip {
  /// The deployed programs of memorize, query and decode.
  let programs: [BoundProgram]
  /// `[1, 3, H, W]`.
  let frame: FloatTensor
  private let masks: FloatTensor

  init(_ precision: Precision, height: Int = 32, width: Int = 48) throws {
    let network = STMNetwork(.sample)
    programs = try network.graphs.enumerated().map { index, graph in
      let program = Program(deploying: graph)
      let weights =
        precision.hasIntegerWeights
        ? try TensorArchive.randomIntegers(
          of: program, seed: UInt64(index), keepsLayersApart: precision == .w8,
          quantization: program.quantization)
        : try TensorArchive.random(
          graph.nodes.flatMap { $0.operation.parameters(of: $0.name) }, seed: UInt64(index))
      return try BoundProgram(program, precision: precision, weights: weights)
    }
    var generator = SeededGenerator(seed: 2)
    frame = .random([1, 3, height, width], in: 0...1, using: &generator)
    masks = .random([2, 1, height, width], in: 0...1, using: &generator)
  }

  /// The outputs of all programs, the frame memorized with two masks twice over and then decoded.
  func run(on backend: some Backend, tapping: Bool = false) throws -> [String: FloatTensor] {
    try outputs(on: backend, tapping: tapping) { _, _ in }
  }

  /// Every value of all programs.
  func values(on backend: some Backend) throws -> [String: FloatTensor] {
    var values: [String: FloatTensor] = [:]
    _ = try outputs(on: backend, tapping: true) { values[$0] = $1 }
    return values
  }

  /// What decode is given when the frame is in memory `frames` times.
  func decoderInputs(frames: Int, on backend: some Backend) throws -> [String: FloatTensor] {
    let memory = try backend.compile(programs[0]).run(memorized)
    var inputs = try backend.compile(programs[1]).run(["frame": frame])
    inputs["memory_keys"] = repeated(try #require(memory["key"]), frames)
    inputs["memory_values"] = repeated(try #require(memory["value"]), frames)
    return inputs
  }

  /// The logits for these inputs of decode.
  func decode(_ inputs: [String: FloatTensor], on backend: some Backend) throws -> FloatTensor {
    try #require(try backend.compile(programs[2]).run(inputs)["logits"])
  }

  private var memorized: [String: FloatTensor] {
    let others = FloatTensor(stacking: [masks.slice(1), masks.slice(0)])
    return ["frame": frame, "mask": masks, "others": others]
  }

  private func outputs(
    on backend: some Backend, tapping: Bool, receive: @escaping (String, FloatTensor) -> Void
  ) throws -> [String: FloatTensor] {
    func run(_ index: Int, _ inputs: [String: FloatTensor]) throws -> [String: FloatTensor] {
      let compiled = try backend.compile(programs[index])
      guard tapping else { return try compiled.run(inputs) }
      let program = programs[index].program
      let names = Set(program.inputs + program.steps.map(\.name))
      var seen: Set<String> = []
      let outputs = try compiled.run(
        inputs,
        taps: Taps(names) { name, value in
          seen.insert(name)
          receive("\(program.name).\(name)", value)
        })
      #expect(seen == names)
      return outputs
    }
    let memory = try run(0, memorized)
    let query = try run(1, ["frame": frame])
    var inputs = query
    inputs["memory_keys"] = repeated(try #require(memory["key"]), 2)
    inputs["memory_values"] = repeated(try #require(memory["value"]), 2)
    var all = try run(2, inputs)
    for (name, tensor) in memory { all["memorize.\(name)"] = tensor }
    for (name, tensor) in query { all["query.\(name)"] = tensor }
    return all
  }

  /// `[N, C, H, W]` as `[N, C, frames, H, W]`, each frame half of the one before.
  private func repeated(_ x: FloatTensor, _ frames: Int) -> FloatTensor {
    let plane = x.shape[2] * x.shape[3]
    var values: [Float] = []
    for start in stride(from: 0, to: x.values.count, by: plane) {
      for time in 0..<frames {
        values += x.values[start..<start + plane].map { $0 / Float(1 << time) }
      }
    }
    return FloatTensor(
      shape: [x.shape[0], x.shape[1], frames, x.shape[2], x.shape[3]], values: values)
  }
}
