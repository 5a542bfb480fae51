import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

@Suite struct ProgramInt8Tests {
  private static let network = STMNetwork(.tiny)
  private static var decode: Program { Program(deploying: network.decode) }

  @Test func `decode holds as integers what convolutions read, and what becomes that`() {
    #expect(
      Self.decode.integerValues == [
        "Memory.concatenate", "Decoder.convFM",
        "Decoder.ResMM.relu1", "Decoder.ResMM.relu2", "Decoder.ResMM.add",
        "r3", "Decoder.RF3.convFS",
        "Decoder.RF3.ResFS.relu1", "Decoder.RF3.ResFS.relu2", "Decoder.RF3.ResFS.add",
        "Decoder.RF3.add",
        "Decoder.RF3.ResMM.relu1", "Decoder.RF3.ResMM.relu2", "Decoder.RF3.ResMM.add",
        "r2", "Decoder.RF2.convFS",
        "Decoder.RF2.ResFS.relu1", "Decoder.RF2.ResFS.relu2", "Decoder.RF2.ResFS.add",
        "Decoder.RF2.add",
        "Decoder.RF2.ResMM.relu1", "Decoder.RF2.ResMM.relu2", "Decoder.relu",
      ])
  }

  @Test func `keys, values, the memory read and the logits stay in binary32`() {
    let values = Self.network.graphs.map { Program(deploying: $0).integerValues }
    #expect(values[0].isDisjoint(with: ["KV_M_r4.Key", "KV_M_r4.Value"]))
    #expect(values[0].contains("Encoder_M.concatenate") && values[1].contains("frame"))
    #expect(values[1].isDisjoint(with: ["KV_Q_r4.Key", "KV_Q_r4.Value"]))
    #expect(
      values[2].isDisjoint(with: [
        "memory_keys", "memory_values", "key", "value", "Memory.read", "Decoder.pred2",
        "Decoder.upsample",
      ]))
  }

  @Test func `decode is given the memories, which a plan may hold as integers`() {
    #expect(Self.decode.memories == ["memory_keys", "memory_values"])
    let plan = PrecisionPlan(.int8, memories: ["memory_keys": .int8, "memory_values": .int8])
    #expect(
      Self.decode.integerValues(in: plan)
        == Self.decode.integerValues.union(["memory_keys", "memory_values"]))
  }

  @Test func `pooling, upsampling and a ReLU of their own share their input's quantization`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let up = b.layer("up", .upsample(factor: 2), b.layer("relu", .relu, "x"))
    #expect(Program(deploying: b.finish(["o": up])).quantizationOwner(of: "up") == "x")
    #expect(Self.decode.quantizationOwner(of: "Decoder.ResMM.relu1") == "Decoder.convFM")
    #expect(Self.decode.quantizationOwner(of: "Decoder.RF3.add") == "Decoder.RF3.add")
    #expect(Self.decode.quantizationOwner(of: "r3") == "r3")
    let query = Program(deploying: Self.network.query)
    #expect(query.quantizationOwner(of: "Encoder_Q.maxpool") == "Encoder_Q.relu")
  }

  @Test func `a value is named after the convolutions that read it, else after its maker`() {
    let query = Program(deploying: Self.network.query)
    #expect(
      query.quantizationNames(of: "Encoder_Q.maxpool")
        == ["Encoder_Q.res2.0.downsample.0.input", "Encoder_Q.res2.0.conv1.input"])
    #expect(
      query.quantizationNames(of: "Encoder_Q.res2.0.downsample.1")
        == ["Encoder_Q.res2.0.downsample.1.output"])
  }

  @Test
  func
    `a range decides the type, but for images: unsigned, signed for a residual, or a zero point`()
    throws
  {
    let query = Program(deploying: Self.network.query)
    let both = ValueStatistics(of: [-1, 3])
    var statistics = CalibrationStatistics(model: "m")
    statistics.values["query"] = [
      "Encoder_Q.relu": ValueStatistics(of: [2, 5]), "Encoder_Q.res2.0.downsample.1": both,
      "frame": both,
    ]
    statistics.values["decode"] = ["Memory.concatenate": both]
    #expect(
      try statistics.quantization(of: "Encoder_Q.maxpool", in: query)
        == .nonNegative(maximum: 5))
    #expect(
      try statistics.quantization(of: "Encoder_Q.res2.0.downsample.1", in: query)
        == .asymmetric(minimum: -1, maximum: 3))
    #expect(
      try statistics.quantization(of: "Memory.concatenate", in: Self.decode)
        == .asymmetric(minimum: -1, maximum: 3))
    let image = try statistics.quantization(of: "frame", in: query)
    #expect(image == .image && image.scale == 1 / 255 && image.quantize(1) == 255)
    #expect(
      throws: QuantizationError.noStatistics(program: "query", value: "Encoder_Q.res2.0.relu1")
    ) { try statistics.quantization(of: "Encoder_Q.res2.0.relu1", in: query) }
  }

  @Test func `a weight beyond binary16 is refused by name`() throws {
    let program = Program(deploying: Self.network.query)
    let weights = try Self.weights(of: "KV_Q_r4.Key.weight", value: 70000)
    #expect(
      throws: QuantizationError.overflow(
        tensor: "KV_Q_r4.Key.weight", source: "memory", precision: .float16, value: 70000)
    ) { try program.tensors(of: weights, in: PrecisionPlan(.float16)) }
  }

  @Test func `a weight that is infinite is refused by name in int8`() throws {
    let program = Program(deploying: Self.network.query)
    let weights = try Self.weights(of: "KV_Q_r4.Key.weight", value: .infinity)
    #expect(
      throws: ParameterError.value(
        "KV_Q_r4.Key.weight", source: "memory", expected: "finite numbers", found: .infinity,
        index: 0)
    ) {
      try program.tensors(
        of: weights, in: PrecisionPlan(.int8), statistics: Self.statistics(of: program))
    }
  }

  @Test func `the first kernel in int8 is that of all its layers, deviations in it`() throws {
    let program = Program(deploying: Self.network.memorize)
    let weights = try TensorArchive.random(Self.network.parameters, seed: 1)
    let int8 = try TensorArchive(
      program.tensors(
        of: weights, in: PrecisionPlan(.int8), statistics: Self.statistics(of: program)))
    let step = try #require(program.step("Encoder_M.relu"))
    guard
      case .convolution(let kernel, let bias?, let normalization?) = try StepParameters(
        of: step, in: weights)
    else { return #expect(Bool(false), "no normalization") }
    let whole = normalization.folded(weight: kernel)
    let scales = try int8.floats("Encoder_M.conv1.weight.scale").values
    let integers = try #require(int8["Encoder_M.conv1.weight"]).tensor().bitPatterns(as: Int8.self)
    let count = whole.values.count / scales.count
    for (index, integer) in integers.enumerated() {
      let scale = scales[index / count]
      #expect(abs(Float(integer) * scale - whole.values[index]) <= 0.501 * scale)
    }
    #expect(try int8.floats("Encoder_M.conv1.bias").values == bias)
    let deviation = try weights.floats("Encoder_M.std").values
    #expect(normalization.deviation == deviation + [1, 1])
    #expect(int8["Encoder_M.conv1_m.weight"] == nil && int8["Encoder_M.std"] == nil)
  }

  @Test func `quantized tensors are exactly those that a model file needs`() throws {
    for graph in Self.network.graphs {
      let program = Program(deploying: graph)
      let weights = try TensorArchive.random(Self.network.parameters, seed: 1)
      let folded = Set(program.steps.compactMap(\.batchNorm?.layer))
      let half = try TensorArchive(program.tensors(of: weights, in: PrecisionPlan(.float16)))
      let int8 = try TensorArchive(
        program.tensors(
          of: weights, in: PrecisionPlan(.int8), statistics: Self.statistics(of: program)))
      let brain = try TensorArchive(program.tensors(of: weights, in: PrecisionPlan(.bfloat16)))
      let w8 = try TensorArchive(program.tensors(of: weights, in: PrecisionPlan(.w8)))
      let wide = try TensorArchive(program.tensors(of: weights, in: PrecisionPlan(.float32)))
      for (archive, precision) in [
        (half, Precision.float16), (brain, .bfloat16), (int8, .int8), (w8, .w8), (wide, .float32),
      ] {
        let audit = ParameterAudit(
          of: archive, against: program.parameters(in: PrecisionPlan(precision), folded: folded))
        #expect(audit.isClean, "\(audit.problems)")
      }
    }
  }

  /// Random weights, the first element of one replaced.
  private static func weights(of name: String, value: Float) throws -> TensorArchive {
    try TensorArchive(
      TensorArchive.random(network.parameters, seed: 1).entries.map { entry in
        guard entry.name == name else { return entry }
        var tensor = try entry.tensor().floats()
        tensor.values[0] = value
        return .init(name: name, tensor: Tensor(tensor))
      })
  }

  /// -1 and 1 for every value.
  private static func statistics(of program: Program) -> CalibrationStatistics {
    var statistics = CalibrationStatistics(model: "m")
    for value in program.integerValues {
      statistics.values[program.name, default: [:]][program.quantizationOwner(of: value)] =
        ValueStatistics(of: [-1, 1])
    }
    return statistics
  }
}
