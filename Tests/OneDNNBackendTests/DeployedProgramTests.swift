import Execution
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

@testable import OneDNNBackend

/// Whole deployed programs of the sample configuration, random weights, two objects.
@Suite struct DeployedProgramTests {
  @Test(arguments: Precision.runnable)
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
        case .float32, .w8: 1e-5
        case .float16: 2e-3
        case .bfloat16, .int8: 2e-2
        }
      #expect(tensor.relativeError(to: reference) < tolerance, "\(name)")
    }
  }

  @Test(
    arguments: Precision.runnable.map { ($0, Arithmetic.exact) } + [
      (.float32, .fast), (.bfloat16, .fast),
    ])
  func `outputs are the same bytes for 1 to 3 threads, with and without taps, twice in a row`(
    _ precision: Precision, _ arithmetic: Arithmetic
  ) throws {
    // Large enough for oneDNN to block its loops differently for different numbers of threads.
    let clip = try TinyClip(precision, height: 176, width: 256)
    let backend = try OneDNNBackend(threads: 2, arithmetic: arithmetic)
    let expected = try clip.run(on: backend).mapValues(\.bits)
    #expect(try clip.run(on: backend).mapValues(\.bits) == expected)
    #expect(try clip.run(on: backend, tapping: true).mapValues(\.bits) == expected)
    for threads in [1, 3] {
      let backend = try OneDNNBackend(threads: threads, arithmetic: arithmetic)
      #expect(try clip.run(on: backend).mapValues(\.bits) == expected, "\(threads) threads")
    }
  }

  @Test(.enabled(if: OneDNNBackend.runsIntegers))
  func `int8 is the reference's, bit for bit, in every output of memorize and query`() throws {
    let clip = try TinyClip(.int8, height: 48, width: 64)
    let expected = try clip.run(on: ReferenceBackend(threads: 2))
    let found = try clip.run(on: OneDNNBackend(threads: 2))
    for (name, tensor) in expected where name != "logits" {
      #expect(found[name]?.bits == tensor.bits, "\(name)")
    }
  }

  @Test(.enabled(if: OneDNNBackend.runsIntegers))
  func `int8 logits are the reference's, bit for bit, where the memory has a single entry`()
    throws
  {
    // Whose weight is 1: what more entries give depends on the order of a sum of real numbers.
    let clip = try TinyClip(.int8, height: 16, width: 16)
    let inputs = try clip.decoderInputs(frames: 1, on: ReferenceBackend(threads: 2))
    let expected = try clip.decode(inputs, on: ReferenceBackend(threads: 2))
    #expect(try clip.decode(inputs, on: OneDNNBackend(threads: 2)).bits == expected.bits)
  }

  @Test(.enabled(if: OneDNNBackend.runsIntegers))
  func `every integer step of the decoder is the reference's, bit for bit`() throws {
    let clip = try TinyClip(.int8)
    let inputs = try clip.decoderInputs(frames: 2, on: ReferenceBackend(threads: 2))
    let program = clip.programs[2].program
    let reference = ReferenceBackend(threads: 2).compile(clip.programs[2])
    var values: [String: FloatTensor] = [:]
    let names = Set(program.inputs + program.steps.map(\.name))
    _ = try reference.run(inputs, taps: Taps(names) { values[$0] = $1 })
    let compiled = try OneDNNBackend(threads: 2).compile(clip.programs[2])
    for step in program.steps where step.operation != .memoryRead {
      let operands = step.inputs.compactMap { values[$0] }
      let found = try compiled.run(step: step.name, inputs: operands)
      #expect(found.bits == values[step.name]?.bits, "\(step.name)")
    }
  }

  @Test func `fast arithmetic stays within 1e-5 of the largest magnitude in binary32`() throws {
    let clip = try TinyClip(.float32, height: 48, width: 64)
    let expected = try clip.values(on: ReferenceBackend(threads: 2))
    let found = try clip.values(on: OneDNNBackend(threads: 2, arithmetic: .fast))
    for (name, tensor) in found {
      let reference = try #require(expected[name])
      #expect(tensor.relativeError(to: reference) < 1e-5, "\(name)")
    }
  }

  @Test(arguments: [Precision.float16, .bfloat16])
  func `fast arithmetic changes half precisions by no more than their rounding`(
    _ precision: Precision
  ) throws {
    let clip = try TinyClip(precision, height: 48, width: 64)
    let expected = try clip.run(on: OneDNNBackend(threads: 2))
    let found = try clip.run(on: OneDNNBackend(threads: 2, arithmetic: .fast))
    for (name, tensor) in expected {
      let error = try #require(found[name]).relativeError(to: tensor)
      #expect(error < (precision == .float16 ? 2e-3 : 2e-2), "\(name)")
    }
  }

  @Test(.enabled(if: OneDNNBackend.runsIntegers), arguments: [true, false])
  func `fast convolutions of integers stay within 25 dB of the exact ones`(
    _ addsResidual: Bool
  ) throws {
    var builder = GraphBuilder("test", inputs: ["x", "residual"])
    let first = builder.layer(
      "first", .convolution(Convolution(16, 128, kernel: 1, hasBias: true)), "x")
    let rectified = builder.layer("relu", .relu, first)
    var y = builder.layer(
      "convolution", .convolution(Convolution(128, 64, kernel: 3, hasBias: true)), rectified)
    if addsResidual { y = builder.layer("add", .add, "residual", y) }
    y = builder.layer("last", .convolution(Convolution(64, 32, kernel: 1, hasBias: true)), y)
    let program = Program(deploying: builder.finish(["y": y]))
    let weights = try TensorArchive.randomIntegers(
      of: program, seed: 1, quantization: program.quantization)
    let bound = try BoundProgram(program, precision: .int8, weights: weights)
    var generator = SeededGenerator(seed: 2)
    let inputs = [
      FloatTensor.random([1, 128, 9, 14], in: 0...3, using: &generator),
      FloatTensor.random([1, 64, 9, 14], in: -3...3, using: &generator),
    ].prefix(addsResidual ? 2 : 1)
    let name = try #require(program.steps.first { $0.convolution?.kernel == 3 }).name
    func run(_ arithmetic: Arithmetic) throws -> FloatTensor {
      try OneDNNBackend(threads: 2, arithmetic: arithmetic).compile(bound)
        .run(step: name, inputs: Array(inputs))
    }
    let (exact, fast) = (try run(.exact), try run(.fast))
    #expect(fast.bits != exact.bits, "Winograd's algorithm was not used")
    #expect(fast.signalToNoise(of: exact) > 25)
  }

  @Test(arguments: Precision.runnable)
  func `another memory length or number of objects makes no primitive and no memory anew`(
    _ precision: Precision
  ) throws {
    let clip = try TinyClip(precision)
    let backend = try OneDNNBackend(threads: 2)
    let compiled = try backend.compile(clip.programs[2])
    let inputs = try clip.decoderInputs(frames: 2, on: backend)
    func run(objects: Int, frames: Int) throws {
      func memory(_ name: String) throws -> FrameStack {
        let whole = try #require(inputs[name])
        let frame = FloatTensor(
          shape: [2, whole.shape[1], whole.shape[3], whole.shape[4]],
          values: Array(whole.values.prefix(whole.values.count / 2)))
        let some = objects == 1 ? frame.slice(0) : frame
        return FrameStack(
          try (0..<frames).map { _ in try compiled.prepare(some, as: name) })
      }
      var held: [String: any HeldTensor] = inputs
      held["memory_keys"] = try memory("memory_keys")
      held["memory_values"] = try memory("memory_values")
      let logits = try compiled.run(held: held, taps: .none)["logits"]
      #expect(try logits?.floats().shape[0] == objects)
    }
    try run(objects: 1, frames: 1)
    let primitives = backend.library.engine.primitiveCount
    try run(objects: 2, frames: 3)
    try run(objects: 1, frames: 2)
    #expect(backend.library.engine.primitiveCount == primitives)
    let allocations = backend.library.engine.pool.allocationCount
    try run(objects: 2, frames: 3)
    try run(objects: 1, frames: 2)
    #expect(backend.library.engine.pool.allocationCount == allocations)
  }

  @Test func `the memory read of a large frame works in less than 64 MiB`() throws {
    let backend = try OneDNNBackend(threads: 2)
    let held: [Storage] = [.float32, .bfloat16, .quantized(.symmetric(magnitude: 1))]
    for (storage, operand) in [(held[0], held[0]), (held[2], held[0]), (held[2], held[1])] {
      let read = try MemoryRead(
        keys: FrameLayout(.keys, [128, 30, 54], storage),
        values: FrameLayout(.values, [512, 30, 54], storage), storage: operand,
        layout: .blocked, topK: nil, on: backend.library.engine)
      #expect(read.workspaceByteCount < 64 << 20)
    }
  }
}
