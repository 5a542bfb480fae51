import Execution
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// Programs whose weights are 8-bit integers and that compute in binary32.
@Suite struct WeightsOnlyTests {
  private static let network = STMNetwork(.tiny)

  /// `archive` with the kernels of 8-bit integers as the binary32 numbers that they stand for.
  private static func dequantized(_ archive: TensorArchive) throws -> TensorArchive {
    try TensorArchive(
      archive.entries.compactMap { entry in
        if entry.name.hasSuffix(".weight.scale") { return nil }
        guard entry.elementType == .int8 else { return entry }
        let scales = try archive.floats("\(entry.name).scale").values
        let integers = try entry.tensor().bitPatterns(as: Int8.self)
        let perChannel = integers.count / scales.count
        let values = integers.enumerated().map { Float($1) * scales[$0 / perChannel] }
        return .init(
          name: entry.name, tensor: Tensor(FloatTensor(shape: entry.shape, values: values)))
      })
  }

  private static func inputs(_ program: Program) -> [String: FloatTensor] {
    let shapes: [String: Shape] = [
      "frame": [1, 3, 16, 32], "mask": [2, 1, 16, 32], "others": [2, 1, 16, 32],
      "memory_keys": [2, 4, 2, 1, 2], "memory_values": [2, 6, 2, 1, 2], "key": [1, 4, 1, 2],
      "value": [1, 6, 1, 2], "r3": [1, 16, 2, 4], "r2": [1, 8, 4, 8],
    ]
    var generator = SeededGenerator(seed: 7)
    return Dictionary(
      uniqueKeysWithValues: program.inputs.map {
        ($0, .random(shapes[$0] ?? [1], in: 0...1, using: &generator))
      })
  }

  @Test func `w8 gives what its dequantized weights give in binary32, bit for bit`() throws {
    let weights = try TensorArchive.random(Self.network.parameters, seed: 1)
    let backend = ReferenceBackend(threads: 2)
    for program in Self.network.deployedPrograms {
      let quantized = try TensorArchive(program.tensors(of: weights, in: PrecisionPlan(.w8)))
      let narrow = try BoundProgram(program, precision: .w8, weights: quantized)
      let wide = try BoundProgram(
        program, precision: .float32, weights: Self.dequantized(quantized))
      #expect(narrow.storage.held.isEmpty)
      let inputs = Self.inputs(program)
      let found = try backend.compile(narrow).run(inputs).mapValues(\.bits)
      #expect(try found == backend.compile(wide).run(inputs).mapValues(\.bits))
      let original = try BoundProgram(program, precision: .float32, weights: weights)
      #expect(try found != backend.compile(original).run(inputs).mapValues(\.bits))
    }
  }

  @Test func `convolutions are in w8, everything else is in binary32`() throws {
    let program = Self.network.deployedPrograms[2]
    let weights = try TensorArchive.random(Self.network.parameters, seed: 1)
    let bound = try BoundProgram(
      program, precision: .w8,
      weights: try TensorArchive(program.tensors(of: weights, in: PrecisionPlan(.w8))))
    for step in program.steps {
      #expect(bound.arithmetic(of: step) == (step.convolution == nil ? .float32 : .w8))
      for index in step.inputs.indices {
        #expect(bound.operandStorage(of: step, index) == .float32)
      }
    }
    #expect(!bound.hasIntegerSteps)
  }

  @Test(arguments: [0, -1, .nan, .infinity] as [Float])
  func `a scale that is not positive is refused with its channel`(scale: Float) throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let geometry = Convolution(1, 2, kernel: 1, hasBias: false)
    let program = Program(deploying: b.finish(["y": b.layer("a", .convolution(geometry), "x")]))
    let archive = try TensorArchive([
      .integers("a.weight", [1, 2], [2, 1, 1, 1]), .floats("a.weight.scale", [1, scale], [2]),
    ])
    #expect(
      throws: QuantizationError.malformed(
        tensor: "a.weight.scale", source: "memory", expected: "positive numbers",
        found: "\(scale) for channel 1")
    ) { try BoundProgram(program, precision: .w8, weights: archive) }
  }

  @Test func `what a step without weights makes is held as what it reads was made`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let pointwise = LayerOperation.convolution(Convolution(1, 1, kernel: 1, hasBias: false))
    let up = b.layer("up", .upsample(factor: 2), b.layer("a", pointwise, "x"))
    let program = Program(deploying: b.finish(["y": up]))
    let bound = try BoundProgram(
      program, plan: PrecisionPlan(.float16, exceptions: ["a": .float32]),
      weights: try TensorArchive([.floats("a.weight", [1], [1, 1, 1, 1])]))
    #expect(bound.storage(of: "up") == .float32 && bound.storage(of: "x") == .float16)
  }
}
