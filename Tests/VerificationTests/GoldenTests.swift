import Execution
import Models
import Networks
import OneDNNBackend
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing
import Verification

/// The sample model against what PyTorch computed with it.
@Suite struct GoldenTests {
  private let model: Model
  private let golden: TensorArchive

  init() throws {
    model = try SampleWeights.model()
    golden = try SampleWeights.golden()
  }

  @Test func `every layer is PyTorch's on the reference backend`() throws {
    let result = try verify(backend: ReferenceBackend(threads: 2))
    #expect(result.passes)
    #expect(result.comparisons.count == golden.entries.count - 3)
    #expect(result.insideFolds.isEmpty && result.unmatched.isEmpty)
    #expect(result.comparisons.allSatisfy { $0.metrics.count > 0 })
  }

  @Test func `the fused programs give PyTorch's keys, values and logits`() throws {
    let backend = try OneDNNBackend(threads: 2)
    let frames = try golden.floats("input/frames")
    func run(
      _ graph: Graph<LayerOperation>, _ inputs: [String: FloatTensor]
    ) throws -> [String: FloatTensor] {
      try backend.compile(model.deployed(graph)).run(inputs)
    }
    let memory = try run(
      model.network.memorize,
      [
        "frame": frames.slice(0), "mask": try golden.floats("input/masks"),
        "others": try golden.floats("input/others"),
      ])
    var inputs = try run(model.network.query, ["frame": frames.slice(1)])
    for (name, golden) in [("key", "memorize/key"), ("value", "memorize/value")] {
      let value = try #require(memory[name])
      #expect(value.relativeError(to: try self.golden.floats(golden)) < 1e-4)
      let shape = value.shape.dimensions
      inputs["memory_\(name)s"] = FloatTensor(
        shape: Shape(shape[..<2] + [1] + shape[2...]), values: value.values)
    }
    for (name, golden) in [("key", "KV_Q_r4.Key"), ("value", "KV_Q_r4.Value")] {
      let expected = try self.golden.floats("segment/\(golden)")
      #expect(try #require(inputs[name]).relativeError(to: expected) < 1e-4)
    }
    let logits = try #require(try run(model.network.decode, inputs)["logits"])
    #expect(logits.relativeError(to: try golden.floats("segment/logits")) < 1e-4)
  }

  @Test func `a changed weight fails, and the first layer that is off is the one`() throws {
    let changed = try model.changing("Decoder.RF3.convFS.weight") { $0 * 1.01 }
    let result = try verify(changed)
    #expect(!result.passes)
    #expect(result.comparisons.first { !$0.passes }?.name == "segment/Decoder.RF3.convFS")
  }

  @Test func `a tolerance by name lets a layer pass`() throws {
    let changed = try model.changing("Decoder.pred2.bias") { $0 + 1e-3 }
    let failing = try verify(changed).comparisons.filter { !$0.passes }.map(\.name)
    #expect(failing.first == "segment/Decoder.pred2")
    let lenient = try failing.map { name in
      Tolerances.Exception(pattern: try NamePattern(name), value: 0.5)
    }
    #expect(try verify(changed, exceptions: lenient).passes)
  }

  @Test func `a golden file of inputs alone is a failure`() throws {
    let inputs = golden.entries.filter { $0.name.hasPrefix("input/") }
    #expect(try !verify(golden: TensorArchive(inputs)).passes)
  }

  @Test func `a golden tensor that no layer makes is a failure`() throws {
    let result = try verify(
      golden: try replacing(["segment/Decoder.none": FloatTensor(zeros: [1])]))
    #expect(!result.passes && result.unmatched.map(\.name) == ["segment/Decoder.none"])
  }

  @Test(arguments: [[1, 2, 16, 23], [0, 2, 16, 24], []] as [Shape])
  func `a golden tensor of another shape is a failure`(shape: Shape) throws {
    let result = try verify(
      golden: try replacing(["segment/Decoder.pred2": FloatTensor(zeros: shape)]))
    #expect(!result.passes && result.unmatched.map(\.name) == ["segment/Decoder.pred2"])
  }

  @Test(arguments: ["input/frames", "input/masks", "input/others"])
  func `a missing input is named`(name: String) throws {
    #expect(throws: VerificationError.missingGolden(path: "golden", tensor: name)) {
      try verify(golden: try replacing([name: nil]))
    }
  }

  @Test(
    arguments: [
      ("input/frames", [1, 3, 64, 96], "[2, 3, H, W] with H and W multiples of 16"),
      ("input/frames", [2, 3, 64, 95], "[2, 3, H, W] with H and W multiples of 16"),
      ("input/frames", [2, 3, 0, 96], "[2, 3, H, W] with H and W multiples of 16"),
      ("input/masks", [1, 1, 64, 64], "[N, 1, 64, 96]"),
      ("input/masks", [0, 1, 64, 96], "[N, 1, 64, 96]"),
      ("input/others", [2, 1, 64, 96], "[1, 1, 64, 96]"),
    ] as [(String, Shape, String)])
  func `an input of the wrong shape is refused by name`(
    name: String, shape: Shape, expected: String
  ) throws {
    #expect(
      throws: VerificationError.goldenShape(
        path: "golden", tensor: name, expected: expected, found: "\(shape)")
    ) { try verify(golden: try replacing([name: FloatTensor(zeros: shape)])) }
  }

  @Test func `an import with batch norms folded away passes, and lists what cannot be compared`()
    throws
  {
    let folded = try folded(model)
    #expect(folded.weights["Encoder_Q.bn1.running_var"] == nil)
    let result = try verify(folded)
    #expect(result.passes)
    let hidden = golden.entries.map(\.name).filter { name in
      let layer = name.split(separator: ".").last ?? ""
      return name.contains("/Encoder_") && (layer.hasPrefix("conv") || layer == "0")
        && !name.hasSuffix("res2.0") && !name.hasSuffix("res3.0") && !name.hasSuffix("res4.0")
    }
    #expect(result.insideFolds == hidden.sorted())
    #expect(result.comparisons.count + hidden.count == golden.entries.count - 3)
  }

  @Test func `the weights of a binary16 model are compared in binary32`() throws {
    let half = try Model(
      model.network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "half")
    #expect(try verify(half, standard: 1e-2).passes)
  }

  @Test func `what 8-bit weights stand for is compared in binary32, layer by layer`() throws {
    for plan in [
      PrecisionPlan(.w8), PrecisionPlan(.float16, exceptions: ["Decoder.pred2": .w8]),
    ] {
      let mixed = try Model(
        model.network, plan: plan, weights: model.quantized(by: plan), path: plan.name)
      let result = try verify(mixed, standard: 0.1)
      #expect(result.passes)
      let last = try #require(result.comparisons.first { $0.name == "segment/Decoder.pred2" })
      #expect(last.metrics.relativeMaximumError > 1e-4)
    }
  }

  @Test func `a model in int8 is refused`() throws {
    let tiny = STMNetwork(.tiny)
    let float = try Model.random()
    var statistics = CalibrationStatistics(model: try float.fingerprint)
    for program in tiny.graphs.map({ Program(deploying: $0) }) {
      let owners = program.integerValues.map(program.quantizationOwner)
      statistics.values[program.name] = Dictionary(
        owners.map { ($0, ValueStatistics(of: [0])) }, uniquingKeysWith: { first, _ in first })
    }
    let int8 = try Model(
      tiny, precision: .int8,
      weights: float.quantized(by: PrecisionPlan(.int8), statistics: statistics), path: "int8")
    #expect(
      throws: VerificationError.precision(
        path: "int8", expected: "fp32, fp16, bf16 or w8 layers", found: "int8")
    ) { try verify(int8) }
  }

  private func verify(
    _ model: Model? = nil, golden: TensorArchive? = nil,
    standard: Double = GoldenVerification.standardTolerance,
    exceptions: [Tolerances.Exception] = [], backend: (any Backend)? = nil
  ) throws -> GoldenVerification {
    try GoldenVerification(
      of: model ?? self.model, against: golden ?? self.golden, path: "golden",
      tolerances: Tolerances(standard: standard, exceptions: exceptions),
      backend: backend ?? OneDNNBackend(threads: 2))
  }

  /// The inputs and logits of the golden file, some tensors replaced or, with nil, taken out.
  private func replacing(_ tensors: [String: FloatTensor?]) throws -> TensorArchive {
    let kept = golden.entries.filter { $0.name.hasPrefix("input/") || $0.name.hasSuffix("/logits") }
    return try TensorArchive(
      kept.filter { tensors[$0.name] == nil }
        + tensors.compactMap { name, tensor in
          tensor.map { .init(name: name, tensor: Tensor($0)) }
        })
  }

  private func folded(_ model: Model) throws -> Model {
    let entries = try model.network.deployedPrograms.flatMap {
      try $0.tensors(of: model.weights, in: PrecisionPlan(.float32))
    }
    return try Model(
      model.network, precision: .float32, weights: try TensorArchive(entries), path: "folded")
  }
}

extension Model {
  /// The same model with the elements of one tensor changed.
  func changing(_ name: String, _ change: (Float) -> Float) throws -> Model {
    let entries = try weights.entries.map { entry in
      guard entry.name == name else { return entry }
      let values = try entry.tensor().floats()
      return TensorArchive.Entry(
        name: name,
        tensor: Tensor(FloatTensor(shape: values.shape, values: values.values.map(change))))
    }
    return try Model(
      network, plan: plan, weights: try TensorArchive(entries), path: "changed")
  }
}
