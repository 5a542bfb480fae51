import Models
import Networks
import Quantization
import STMModel
import Safetensors
import Tensors
import TestSupport
import Testing

/// Model files that say which precision every layer is in.
@Suite struct PlanFileTests {
  private static let network = STMNetwork(.tiny)
  private static let memory: [String: Precision] = [
    "memory_keys": .int8, "memory_values": .float16,
  ]
  private static let mixed = PrecisionPlan(
    .int8,
    exceptions: ["Decoder.pred2": .float16, "Encoder_Q.conv1": .w8, "Memory.read": .float32],
    memories: memory)

  /// A model of random weights, and a range of -1 to 1 for everything that int8 can hold.
  private static func source() throws -> (Model, CalibrationStatistics) {
    let weights = try TensorArchive.random(network.parameters, seed: 1)
    let model = try Model(network, precision: .float32, weights: weights, path: "m")
    let seen = ValueStatistics(of: [-1, 1])
    var statistics = CalibrationStatistics(model: try model.fingerprint)
    for program in network.deployedPrograms {
      for value in program.integerValues.map(program.quantizationOwner) + program.memories {
        statistics.values[program.name, default: [:]][value] = seen
      }
    }
    return (model, statistics)
  }

  /// Writes a file of `plan`, its metadata and tensors changed, and calls `body` with its path.
  private static func withFile(
    _ plan: PrecisionPlan, metadata changes: [String: String?] = [:],
    tensors change: (inout [TensorArchive.Entry]) -> Void = { _ in },
    _ body: (String) throws -> Void
  ) throws {
    let (model, statistics) = try source()
    var entries = try model.quantized(by: plan, statistics: statistics).entries
    change(&entries)
    var metadata = try ModelMetadata(
      configuration: .tiny, plan: plan, provenance: Provenance(sources: [], settings: [:])
    ).entries
    for (key, value) in changes { metadata[key] = value }
    try ScratchFolder.with { folder in
      let path = folder.file("model")
      try SafetensorsFile.write(try TensorArchive(entries, metadata: metadata), to: path)
      try body(path)
    }
  }

  @Test(
    arguments: Precision.allCases.map { PrecisionPlan($0) } + [
      mixed, PrecisionPlan(.float32, exceptions: ["KV_M_r4.Key": .int8]),
      PrecisionPlan(.float32, memories: memory), PrecisionPlan(.bfloat16, memories: memory),
    ])
  func `a file of a plan is read back with it, and every graph can be bound`(
    plan: PrecisionPlan
  ) throws {
    try Self.withFile(plan) { path in
      let model = try Model(path: path)
      #expect(model.plan == plan)
      #expect(model.weights.metadata["stm.precision"] == plan.name)
      #expect((model.weights.metadata["stm.plan"] == nil) == (plan == PrecisionPlan(plan.standard)))
      for graph in Self.network.graphs { _ = try model.deployed(graph) }
      guard plan != PrecisionPlan(.float32) else { return }
      #expect(throws: ModelError.alreadyQuantized(path: path, precision: plan.name)) {
        try model.quantized(by: PrecisionPlan(.w8))
      }
    }
  }

  @Test(
    arguments: [
      (["stm.plan": nil], "metadata 'stm.plan': expected the plan of a mixed model, found ''"),
      (
        ["stm.precision": "int8"],
        "metadata 'stm.precision': expected mixed as in stm.plan, found 'int8'"
      ),
      (["stm.precision": nil], "metadata 'stm.precision': expected mixed as in stm.plan, found ''"),
      (["stm.plan": "int8"], "precision plan: expected a JSON object"),
      (
        ["stm.plan": #"{"standard":"int8","exceptions":{"Decoder.pred2":"fp17"}}"#],
        "precision plan: layer 'Decoder.pred2': expected one of fp32, fp16, bf16, int8, w8, found"
      ),
      (
        ["stm.plan": #"{"standard":"int8","exceptions":{"Decoder.pred9":"fp16"}}"#],
        "precision plan: layer 'Decoder.pred9': expected a layer of the network such as"
      ),
      (
        ["stm.plan": #"{"standard":"w8","exceptions":{"Memory.read":"int8"}}"#],
        "precision plan: layer 'Memory.read': expected fp32, fp16 or bf16"
      ),
      (
        [
          "stm.plan":
            #"{"standard":"w8","exceptions":{"Decoder.pred2":"fp16","Decoder.pred2":"w8"}}"#
        ],
        "precision plan: name 'Decoder.pred2': expected it once, found it 2 times"
      ),
    ] as [([String: String?], String)])
  func `metadata of a plan that cannot be understood is refused`(
    changes: [String: String?], problem: String
  ) throws {
    try Self.withFile(Self.mixed, metadata: changes) { path in
      let error = #expect(throws: (any Error).self) { try Model(path: path) }
      #expect("\(error as Any)".contains("\(path): \(problem)"), "\(error as Any)")
    }
  }

  @Test func `a memory's plan beside one precision must be of the network`() throws {
    let plan = #"{"standard":"int8","memory":{"memory_keys":"w8","keys":"int8"}}"#
    try Self.withFile(PrecisionPlan(.int8), metadata: ["stm.plan": plan]) { path in
      let error = #expect(throws: QuantizationError.self) { try Model(path: path) }
      #expect(error?.description.contains("precision plan: 2 problems") == true)
    }
  }

  @Test func `tensors that a plan does not imply are listed together with those that it lacks`()
    throws
  {
    try Self.withFile(
      Self.mixed,
      metadata: ["stm.plan": PrecisionPlan(.int8, exceptions: ["Decoder.pred2": .w8]).json]
    ) { path in
      let error = try #require(throws: ModelError.self) { try Model(path: path) }
      guard case .misfit(path, let audit) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(
        audit.missing.map(\.name) == [
          "Encoder_Q.conv1.input.scale", "Encoder_Q.conv1.input.zero_point",
          "Decoder.pred2.weight.scale",
        ])
      #expect(audit.mistyped.map(\.name) == ["Decoder.pred2.weight"])
      #expect(audit.misshapen.isEmpty)
      #expect(
        audit.unexpected.map(\.name).sorted() == [
          "Encoder_Q.std", "memory_keys.output.scale", "memory_keys.output.zero_point",
        ])
    }
  }

  @Test(
    arguments: [
      ("Encoder_Q.conv1.weight", ElementType.float32, "I8"),
      ("Decoder.pred2.weight", .bfloat16, "F16"), ("Decoder.pred2.bias", .float16, "F32"),
      ("Decoder.convFM.weight", .uint8, "I8"), ("Decoder.convFM.weight.scale", .float16, "F32"),
      ("memory_keys.output.scale", .float64, "F32"),
      ("Decoder.convFM.input.zero_point", .int16, "U8 or I8"),
    ])
  func `a tensor of another type is refused by name`(
    name: String, type: ElementType, expected: String
  ) throws {
    try Self.withFile(
      Self.mixed,
      tensors: { entries in
        entries = entries.map { entry in
          guard entry.name == name else { return entry }
          let bytes = [UInt8](repeating: 0, count: entry.shape.elementCount * type.byteCount)
          guard
            let tensor = try? Tensor(
              elementType: type, shape: entry.shape, bytes: TensorBytes(bytes))
          else { return entry }
          return .init(name: name, tensor: tensor)
        }
      }
    ) { path in
      let error = try #require(throws: ModelError.self) { try Model(path: path) }
      #expect(
        error.description
          == "\(path): tensor '\(name)': expected type \(expected), found \(type.rawValue) in \(path)"
      )
    }
  }

  @Test func `what needs calibration is what holds or reads 8-bit integers`() {
    for (plan, needs) in [
      (PrecisionPlan(.w8), false), (PrecisionPlan(.float16), false), (PrecisionPlan(.int8), true),
      (PrecisionPlan(.w8, exceptions: ["Decoder.pred2": .int8]), true),
      (PrecisionPlan(.float32, memories: ["memory_keys": .int8]), true),
      (PrecisionPlan(.float32, memories: ["memory_keys": .float16]), false),
    ] {
      #expect(Self.network.needsCalibration(for: plan) == needs, "\(plan)")
    }
  }
}
