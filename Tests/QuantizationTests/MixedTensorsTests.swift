import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// The tensors of model files of mixed plans.
@Suite struct MixedTensorsTests {
  private static let network = STMNetwork(.tiny)
  private static let plans = [
    PrecisionPlan(.w8), PrecisionPlan(.int8, exceptions: ["Decoder.pred2": .float16]),
    PrecisionPlan(
      .float32, exceptions: ["Decoder.RF2.ResMM.conv1": .int8, "Encoder_M.conv1": .w8],
      memories: ["memory_values": .int8]),
    PrecisionPlan(
      .int8,
      exceptions: [
        "Encoder_Q.res2.0.conv1": .bfloat16, "Decoder.RF3.convFS": .float32,
        "KV_Q_r4.Key": .float16, "Memory.read": .float32,
      ], memories: ["memory_keys": .int8, "memory_values": .bfloat16]),
  ]

  private static func tensors(_ program: Program, _ plan: PrecisionPlan) throws -> TensorArchive {
    try TensorArchive(
      program.tensors(
        of: TensorArchive.random(network.parameters, seed: 1), in: plan,
        statistics: statistics(of: program)))
  }

  /// A range of -1 to 1 for every value that int8 can hold.
  private static func statistics(of program: Program) -> CalibrationStatistics {
    let seen = ValueStatistics(of: [-1, 1])
    let owners = program.integerValues.map(program.quantizationOwner) + program.memories
    var statistics = CalibrationStatistics()
    statistics.values[program.name] = Dictionary(
      owners.map { ($0, seen) }, uniquingKeysWith: { first, _ in first })
    return statistics
  }

  @Test(arguments: plans)
  func `a plan's tensors are exactly those that its file needs, in their types`(
    plan: PrecisionPlan
  ) throws {
    for program in Self.network.deployedPrograms {
      let folded = Set(program.steps.compactMap(\.batchNorm?.layer))
      let audit = ParameterAudit(
        of: try Self.tensors(program, plan),
        against: program.parameters(in: plan, folded: folded))
      #expect(audit.isClean, "\(audit.problems)")
    }
  }

  @Test func `every kernel has the type of its precision, and every bias is in binary32`() throws {
    let decode = Self.network.deployedPrograms[2]
    let plan = PrecisionPlan(
      .int8,
      exceptions: [
        "Decoder.pred2": .float16, "Decoder.convFM": .bfloat16, "Decoder.ResMM.conv1": .float32,
        "Decoder.ResMM.conv2": .w8,
      ])
    let tensors = try Self.tensors(decode, plan)
    for (layer, type) in [
      ("pred2", ElementType.float16), ("convFM", .bfloat16), ("ResMM.conv1", .float32),
      ("ResMM.conv2", .int8), ("RF3.convFS", .int8),
    ] {
      #expect(tensors["Decoder.\(layer).weight"]?.elementType == type)
      #expect(tensors["Decoder.\(layer).bias"]?.elementType == .float32)
      #expect((tensors["Decoder.\(layer).weight.scale"] == nil) == (type != .int8))
    }
    #expect(tensors["Decoder.ResMM.conv2.input.scale"] == nil)
    #expect(tensors["Decoder.RF3.convFS.input.scale"]?.elementType == .float32)
    // What convFM gives in bfloat16 is a residual of ResMM, which stays wide.
    #expect(tensors["Decoder.convFM.output.scale"] == nil)
  }

  @Test func `a layer of its own precision has the tensors that a model in that precision has`()
    throws
  {
    let decode = Self.network.deployedPrograms[2]
    let mixed = try Self.tensors(
      decode, PrecisionPlan(.int8, exceptions: ["Decoder.pred2": .float16]))
    let whole = try [Precision.int8, .float16].map { try Self.tensors(decode, PrecisionPlan($0)) }
    for entry in mixed.entries {
      let other = entry.name.hasPrefix("Decoder.pred2.") ? whole[1] : whole[0]
      let expected = try #require(other[entry.name], "\(entry.name)")
      #expect(try entry.tensor().isBitIdentical(to: expected.tensor()), "\(entry.name)")
    }
  }

  @Test func `a memory in 8 bits is refused where its range is not known`() {
    let decode = Self.network.deployedPrograms[2]
    #expect(throws: QuantizationError.noStatistics(program: "decode", value: "memory_values")) {
      try decode.tensors(
        of: TensorArchive.random(Self.network.parameters, seed: 1),
        in: PrecisionPlan(.w8, memories: ["memory_values": .int8]))
    }
  }

  @Test func `a sum that may overflow is refused in int8 alone`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let channels = IntegerConvolution.maximumProducts + 1
    let geometry = Convolution(channels, 1, kernel: 1, hasBias: false)
    let program = Program(deploying: b.finish(["y": b.layer("a", .convolution(geometry), "x")]))
    let weights = try TensorArchive(["a.weight": FloatTensor(zeros: [1, channels, 1, 1])])
    #expect(
      throws: QuantizationError.malformed(
        tensor: "a.weight", source: "memory", expected: "at most \(channels - 1) products in a sum",
        found: "\(channels)")
    ) { try program.tensors(of: weights, in: PrecisionPlan(.int8)) }
    #expect(try program.tensors(of: weights, in: PrecisionPlan(.w8)).count == 2)
  }
}
