import Execution
import Networks
import OneDNNBackend
import Quantization
import STMModel
import Tensors
import Testing

/// Whole deployed programs of the sample configuration, random weights, two objects.
@Suite struct DeployedProgramTests {
  @Test(arguments: Precision.allCases)
  func `memorize, query and decode agree with the reference`(_ precision: Precision) throws {
    let clip = try TinyClip(precision)
    let expected = try clip.run(on: ReferenceBackend(threads: 2))
    let found = try clip.run(on: OneDNNBackend(threads: 2))
    #expect(Set(found.keys) == Set(expected.keys))
    for (name, tensor) in found {
      let reference = try #require(expected[name])
      #expect(tensor.shape == reference.shape)
      let tolerance: Float =
        switch precision {
        case .float32: 1e-5
        case .float16: 2e-3
        case .bfloat16, .int8: 2e-2
        }
      #expect(tensor.relativeError(to: reference) < tolerance, "\(name)")
    }
  }

  @Test(arguments: Precision.allCases)
  func `outputs are the same bytes for 1 to 4 threads, with and without taps, twice in a row`(
    _ precision: Precision
  ) throws {
    // Large enough for oneDNN to block its loops differently for different numbers of threads.
    let clip = try TinyClip(precision, height: 176, width: 256)
    let backend = try OneDNNBackend(threads: 2)
    let expected = try clip.run(on: backend).mapValues(\.bits)
    #expect(try clip.run(on: backend).mapValues(\.bits) == expected)
    #expect(try clip.run(on: backend, tapping: true).mapValues(\.bits) == expected)
    for threads in [1, 3, 4] {
      let backend = try OneDNNBackend(threads: threads)
      #expect(try clip.run(on: backend).mapValues(\.bits) == expected, "\(threads) threads")
    }
  }
}

/// A frame memorized with two masks twice over, then decoded.
private struct TinyClip {
  private let programs: [BoundProgram]
  private let frame: FloatTensor
  private let masks: FloatTensor

  init(_ precision: Precision, height: Int = 32, width: Int = 48) throws {
    let network = STMNetwork(.sample)
    programs = try network.graphs.enumerated().map { index, graph in
      let program = Program(deploying: graph)
      let weights =
        precision == .int8
        ? try TensorArchive.randomIntegers(
          of: program, seed: UInt64(index), quantization: program.quantization)
        : try TensorArchive.random(
          graph.nodes.flatMap { $0.operation.parameters(of: $0.name) }, seed: UInt64(index))
      return try BoundProgram(program, precision: precision, weights: weights)
    }
    var generator = SeededGenerator(seed: 2)
    frame = .random([1, 3, height, width], in: 0...1, using: &generator)
    masks = .random([2, 1, height, width], in: 0...1, using: &generator)
  }

  func run(on backend: some Backend, tapping: Bool = false) throws -> [String: FloatTensor] {
    let compiled = try programs.map(backend.compile)
    func run(_ index: Int, _ inputs: [String: FloatTensor]) throws -> [String: FloatTensor] {
      guard tapping else { return try compiled[index].run(inputs) }
      let program = programs[index].program
      let names = Set(program.inputs + program.steps.map(\.name))
      var seen: Set<String> = []
      let outputs = try compiled[index].run(
        inputs, taps: Taps(names) { name, _ in seen.insert(name) })
      #expect(seen == names)
      return outputs
    }
    let others = FloatTensor(stacking: [masks.slice(1), masks.slice(0)])
    let memory = try run(0, ["frame": frame, "mask": masks, "others": others])
    let query = try run(1, ["frame": frame])
    let key = try #require(memory["key"])
    let value = try #require(memory["value"])
    var inputs = query
    inputs["memory_keys"] = twice(key)
    inputs["memory_values"] = twice(value)
    let logits = try run(2, inputs)
    var all = logits
    for (name, tensor) in memory { all["memorize.\(name)"] = tensor }
    for (name, tensor) in query { all["query.\(name)"] = tensor }
    return all
  }

  /// `[N, C, H, W]` as `[N, C, 2, H, W]`.
  private func twice(_ x: FloatTensor) -> FloatTensor {
    let plane = x.shape[2] * x.shape[3]
    var values: [Float] = []
    for start in stride(from: 0, to: x.values.count, by: plane) {
      let first = x.values[start..<start + plane]
      values += first
      values += first.map { $0 / 2 }
    }
    return FloatTensor(
      shape: [x.shape[0], x.shape[1], 2, x.shape[2], x.shape[3]], values: values)
  }
}
