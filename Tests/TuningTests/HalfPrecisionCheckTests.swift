import Execution
import Models
import Networks
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing
import Tuning

@Suite struct HalfPrecisionCheckTests {
  private static let network = STMNetwork(.tiny)
  private let clip: Clip

  init() throws {
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
  }

  @Test func `a network of ordinary numbers passes, and needs no advice`() throws {
    let check = try checked(try model(), PrecisionPlan(.float16))
    #expect(check.findings.allSatisfy { $0.counts.overflowCount == 0 })
    #expect(check.advice == nil)
    #expect(check.clips.map(\.frames) == [3])
  }

  @Test func `every kernel and every value is looked at, in its place`() throws {
    let findings = try checked(try model(), PrecisionPlan(.float16)).findings
    for program in Self.network.deployedPrograms {
      let found = findings.filter { $0.program == program.name }
      #expect(found.filter { $0.part == .input }.map(\.name) == program.inputs)
      #expect(found.filter { $0.part == .result }.map(\.name) == program.steps.map(\.name))
      #expect(
        found.filter { $0.part == .weights }.map(\.layer)
          == program.steps.filter { $0.convolution != nil }.map(\.layer))
    }
    let frame = try #require(findings.first { $0.program == "query" && $0.name == "frame" })
    #expect(frame.counts.count == 2 * 3 * 32 * 32)
  }

  @Test func `a memory counts each frame once, when it enters`() throws {
    let findings = try checked(try model(), PrecisionPlan(.float16)).findings
    let keys = try #require(findings.first { $0.name == "memory_keys" })
    let made = try #require(findings.first { $0.name == "KV_M_r4.Key" && $0.part == .result })
    #expect(keys.counts == made.counts && keys.counts.count > 0)
  }

  @Test func `a weight of 70000 overflows binary16, not bfloat16, and its layer must stay wide`()
    throws
  {
    let odd = try model(["Decoder.pred2.weight": { $0 == 5 ? 70000 : nil }])
    let check = try HalfPrecisionCheck(odd, plan: PrecisionPlan(.float16))
    let found = check.findings.filter { $0.counts.overflowCount > 0 }
    #expect(found.map(\.name) == ["Decoder.pred2.weight"])
    #expect(found.map(\.counts.overflowCount) == [1] && found.map(\.counts.largest) == [70000])
    let advice = try #require(check.advice)
    #expect(advice.layers == ["Decoder.pred2"] && advice.remaining == [])
    #expect(advice.options == ["--precision", "fp16", "--keep", "Decoder.pred2=fp32"])
    #expect(throws: QuantizationError.self) { try odd.quantized(by: PrecisionPlan(.float16)) }
    _ = try odd.quantized(by: try plan(advice.options))
    let other = try HalfPrecisionCheck(odd, plan: PrecisionPlan(.bfloat16))
    #expect(other.findings.allSatisfy { $0.counts.overflowCount == 0 } && other.advice == nil)
  }

  @Test func `the folded kernel counts, not the one that a batch norm scales`() throws {
    let odd = try model([
      "Encoder_Q.conv1.weight": { $0 == 0 ? 50000 : nil },
      "Encoder_Q.bn1.weight": { _ in 2 }, "Encoder_Q.bn1.running_var": { _ in 1 },
    ])
    let check = try HalfPrecisionCheck(odd, plan: PrecisionPlan(.float16))
    #expect(check.advice?.layers == ["Encoder_Q.conv1"])
  }

  @Test func `small weights are counted as subnormal or as lost, and noted from 1 % on`() throws {
    let odd = try model([
      "Decoder.pred2.weight": { [0: 0x1p-15, 1: 0x1p-26, 2: 0][$0] }
    ])
    let findings = try HalfPrecisionCheck(odd, plan: PrecisionPlan(.float16)).findings
    let found = try #require(findings.first { $0.layer == "Decoder.pred2" })
    #expect(found.counts.subnormalCount == 1 && found.counts.underflowCount == 1)
    #expect(found.counts.lossShare == 2 / Double(found.counts.count - 1))
    #expect(found.counts.lossShare > HalfPrecisionCheck.notableLoss)
    #expect(findings.contains { $0.counts.lossShare <= HalfPrecisionCheck.notableLoss })
  }

  @Test func `a value that overflows names the layers around it, which the plan then keeps`()
    throws
  {
    let odd = try model(["Decoder.convFM.bias": { $0 == 0 ? 1e5 : nil }])
    let check = try checked(odd, PrecisionPlan(.float16))
    let over = check.findings.filter { $0.counts.overflowCount > 0 }
    #expect(over.contains { $0.name == "Decoder.convFM" && $0.part == .result })
    let advice = try #require(check.advice)
    #expect(advice.layers.contains("Decoder.convFM") && advice.remaining == [])
    #expect(advice.options.starts(with: ["--precision", "fp16", "--keep"]))
    try expectRepaired(odd, by: advice)
  }

  @Test func `a value that programs hand on needs fp32 as the standard`() throws {
    let odd = try model(["KV_Q_r4.Value.bias": { $0 == 0 ? 1e5 : nil }])
    let advice = try #require(try checked(odd, PrecisionPlan(.float16)).advice)
    #expect(advice.options.starts(with: ["--precision", "fp32", "--keep", "**=fp16"]))
    #expect(advice.layers.contains("KV_Q_r4.Value") && advice.remaining == [])
    try expectRepaired(odd, by: advice)
  }

  @Test func `a memory that overflows is to be held in fp32`() throws {
    let odd = try model(["KV_M_r4.Value.bias": { $0 == 0 ? 1e5 : nil }])
    let advice = try #require(try checked(odd, PrecisionPlan(.float16)).advice)
    #expect(advice.options.suffix(2) == ["--memory-precision", "fp32"])
    #expect(advice.layers.contains("Memory.read"))
    try expectRepaired(odd, by: advice)
  }

  @Test func `counts depend neither on threads nor on the order of clips`() throws {
    let other = try Clip(path: SampleWeights.path("clip"), longEdge: 48, maximumFrames: 2)
    let model = try model()
    let findings = try checked(model, PrecisionPlan(.float16), [clip, other], threads: 1).findings
    #expect(
      try checked(model, PrecisionPlan(.float16), [other, clip], threads: 3).findings == findings)
  }

  @Test(arguments: [
    PrecisionPlan(.float16), PrecisionPlan(.bfloat16), PrecisionPlan(.int8), PrecisionPlan(.w8),
    PrecisionPlan(
      .float32, exceptions: ["Decoder.pred2": .float16, "Memory.read": .bfloat16],
      memories: ["memory_keys": .float16]),
  ])
  func `what is rounded is what bound programs hold and read in 16 bits`(plan: PrecisionPlan)
    throws
  {
    let model = try model()
    var calibration = try Calibration(model, backend: ReferenceBackend(threads: 2))
    try calibration.include(clip)
    let weights = try model.quantized(by: plan, statistics: calibration.statistics)
    let made = try Model(Self.network, plan: plan, weights: weights, path: "made")
    var expected: Set<String> = []
    for graph in Self.network.graphs {
      let bound = try made.deployed(graph)
      func note(_ value: String, _ storage: Storage) {
        if storage == .float16 { expected.insert("\(bound.program.name) \(value) fp16") }
        if storage == .bfloat16 { expected.insert("\(bound.program.name) \(value) bf16") }
      }
      for value in bound.program.inputs + bound.program.steps.map(\.name) {
        note(value, bound.storage(of: value))
      }
      for step in bound.program.steps {
        for index in step.inputs.indices {
          note(step.inputs[index], bound.operandStorage(of: step, index))
        }
      }
    }
    let found = try checked(model, plan).findings.filter { $0.part != .weights }
    #expect(
      Set(found.map { "\($0.program) \($0.name) \($0.counts.precision.rawValue)" }) == expected)
  }

  @Test(arguments: [1, 3])
  func `where it starts that values are not finite is told, though the masks feed it back`(
    threads: Int
  ) throws {
    let odd = try model([
      "Encoder_Q.res2.0.bn1.bias": { _ in 3e38 }, "Encoder_Q.res2.0.conv2.weight": { _ in 1 },
    ])
    let check = try checked(odd, PrecisionPlan(.bfloat16), threads: threads)
    let first = try #require(check.firstNonFinite)
    #expect(first.program == "query" && first.value == "Encoder_Q.res2.0.relu2")
    #expect(check.findings.contains { $0.name == "Encoder_M.relu" && $0.counts.nonFiniteCount > 0 })
  }

  @Test func `a model in another precision is refused`() throws {
    let half = try Model(
      Self.network, precision: .float16,
      weights: try model().quantized(by: PrecisionPlan(.float16)), path: "half")
    #expect(throws: ModelError.alreadyQuantized(path: "half", precision: "fp16")) {
      try HalfPrecisionCheck(half, plan: PrecisionPlan(.float16))
    }
  }

  /// Checks that the fp16 model of `odd` breaks, that the plan of `advice` rounds nothing of what
  /// overflows, and that its model does not break.
  private func expectRepaired(_ odd: Model, by advice: HalfPrecisionCheck.Advice) throws {
    let plan = try plan(advice.options)
    #expect(try checked(odd, plan).advice == nil)
    #expect(try !logits(odd, in: PrecisionPlan(.float16)).allSatisfy(\.isFinite))
    #expect(try logits(odd, in: plan).allSatisfy(\.isFinite))
  }

  /// What the model of `plan` makes of the clip's second frame.
  private func logits(_ model: Model, in plan: PrecisionPlan) throws -> [Float] {
    let made = try Model(
      Self.network, plan: plan, weights: try model.quantized(by: plan), path: "made")
    var segmentation = VideoSegmentation(
      try CompiledNetwork(made, backend: ReferenceBackend(threads: 2)), height: clip.height,
      width: clip.width)
    try segmentation.memorize(
      frame: try clip.frame(0),
      probabilities: clip.firstMask.probabilities(of: clip.objects))
    return try segmentation.segment(frame: try clip.frame(1)).logits.values
  }

  /// The plan that `options` of the command line make.
  private func plan(_ options: [String]) throws -> PrecisionPlan {
    var (standard, kept, memory): (Precision, [KeptLayers], Precision?) = (.float32, [], nil)
    for index in stride(from: 0, to: options.count, by: 2) {
      switch options[index] {
      case "--precision": standard = try #require(Precision(rawValue: options[index + 1]))
      case "--keep": kept.append(try #require(KeptLayers(options[index + 1])))
      default: memory = Precision(rawValue: options[index + 1])
      }
    }
    let plan = try PrecisionPlan(standard).keeping(kept, in: Self.network.deployedPrograms)
    guard let memory else { return plan }
    return PrecisionPlan(
      standard, exceptions: plan.exceptions,
      memories: ["memory_keys": memory, "memory_values": memory])
  }

  /// A tiny model whose tensors `changes` gives other elements by index, where it has any.
  private func model(_ changes: [String: (Int) -> Float?] = [:]) throws -> Model {
    try Model.random(changing: changes, path: "odd")
  }

  private func checked(
    _ model: Model, _ plan: PrecisionPlan, _ clips: [Clip]? = nil, threads: Int = 2
  ) throws -> HalfPrecisionCheck {
    let network = try CompiledNetwork(model, backend: ReferenceBackend(threads: threads))
    var check = try HalfPrecisionCheck(model, plan: plan)
    for clip in clips ?? [clip] { try check.include(clip, on: network) }
    return check
  }
}
