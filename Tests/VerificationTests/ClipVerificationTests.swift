import Execution
import Foundation
import Models
import Networks
import OneDNNBackend
import Quantization
import STMModel
import Segmentation
import Synchronization
import TestSupport
import Testing
import Verification

/// The sample model over small frames of the sample clip.
@Suite struct ClipVerificationTests {
  @Test func `a model agrees with itself in every layer without a difference`() throws {
    let result = try verify(try SampleWeights.model(), frames: 3)
    #expect(result.passes && result.firstCause == nil)
    #expect(result.teacherForcedIoU == 1 && result.freeRunningIoU == 1 && result.worstIoU == 1)
    #expect(result.logits.sqnr == .infinity && result.logits.count > 0)
    for layer in result.layers {
      for metrics in [layer.isolated, layer.accumulated] {
        #expect(metrics.total.sqnr == .infinity && metrics.total.count > 0, "\(layer.name)")
        #expect(metrics.frames.map(\.index) == (layer.program == "memorize" ? [0, 1] : [1, 2]))
      }
      #expect(layer.contributionSQNR == .infinity && layer.outlyingChannel == nil)
    }
    #expect(result.unmatched.isEmpty && result.gates.count == 2)
    #expect(result.frames.map(\.index) == [1, 2])
    #expect(result.frames.map(\.name) == ["00001", "00002"])
    #expect(result.frames.map(\.memoryFrames) == [1, 2])
    #expect(result.coverage == 1)
    #expect(result.truth?.reference == result.truth?.freeRunning && result.truth != nil)
    #expect(result.agreement(.forced).boundary == 1 && result.agreement(.free).boundary == 1)
    #expect(result.frames.allSatisfy { $0.teacherForcedChange == 0 && $0.freeRunningChange == 0 })
    let layers = STMNetwork(.sample).graphs.flatMap { graph in
      graph.nodes.map { "\(graph.name) \($0.name)" }
    }
    let covered = result.layers.flatMap { layer in
      layer.covers.map { "\(layer.program) \($0)" }
    }
    #expect(covered.sorted() == layers.sorted())
    #expect(result.layers.first?.name == "Encoder_M.concatenate")
    #expect(result.layers.last?.name == "Decoder.upsample")
  }

  @Test func `a changed weight fails, and its layer is named, not those that it spoils`() throws {
    let model = try SampleWeights.model()
    let result = try verify(model.changing("Decoder.RF3.convFS.weight") { $0 * 1.05 })
    #expect(!result.passes)
    #expect(result.firstCause?.name == "Decoder.RF3.convFS")
    #expect(result.layers.filter { !$0.passes }.map(\.name) == ["Decoder.RF3.convFS"])
    let spoiled = result.layers.filter { $0.accumulated.total.sqnr < 60 }
    #expect(spoiled.count > 5 && spoiled.contains { $0.name == "Decoder.upsample" })
    let cause = try #require(result.firstCause)
    #expect(abs(cause.contributionSQNR + 20 * log10(0.05)) < 0.5)
  }

  @Test func `the error of a layer is measured against what it adds to its residual`() throws {
    let model = try SampleWeights.model()
    let result = try verify(model.changing("Encoder_Q.res4.1.conv3.weight") { $0 * 1.02 })
    let cause = try #require(result.firstCause)
    #expect(cause.covers.contains("Encoder_Q.res4.1.conv3"))
    #expect(cause.isolated.total.sqnr > cause.contributionSQNR + 3)
    #expect(cause.contributionSQNR < 36)
  }

  @Test func `layers without a counterpart fail, whichever side has them`() throws {
    let model = try SampleWeights.model()
    let backend = try OneDNNBackend(threads: 2)
    let unfused = try CompiledNetwork(model, backend: backend) { try model.layers($0) }
    let deployed = try CompiledNetwork(model, backend: backend)
    let result = try ClipVerification(
      reference: unfused, candidate: deployed, plan: model.plan, clip: try clip(2),
      criteria: ClipCriteria(gates: []))
    #expect(!result.passes && result.firstCause == nil && !result.layers.isEmpty)
    let sides = Dictionary(grouping: result.unmatched, by: \.side).mapValues { Set($0.map(\.name)) }
    #expect(sides[.reference]?.contains("Encoder_Q.res2.0.bn1") == true)
    #expect(sides[.candidate]?.contains("Encoder_Q.res2.0.relu1") == true)
    #expect(result.layers.contains { $0.name == "Decoder.pred2" })
  }

  @Test func `in binary16 every convolution is covered and every layer stays close`() throws {
    let model = try SampleWeights.model()
    let half = try Model(
      model.network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "half")
    let result = try verify(half)
    #expect(result.plan == PrecisionPlan(.float16) && result.coverage == 1)
    #expect(result.firstCause == nil)
    #expect(result.logits.sqnr > 50 && result.logits.sqnr < 120)
    // One pixel of the smaller objects is 7 percent here.
    #expect(result.teacherForcedIoU > 0.9 && result.freeRunningIoU > 0.9)
  }

  @Test func `a gate on the masks that is not reached fails without a layer to blame`() throws {
    let model = try SampleWeights.model()
    let result = try verify(model, minimumIoU: 1.5)
    #expect(!result.passes && result.firstCause == nil)
    #expect(result.gates.map(\.passes) == [false, true])
  }

  @Test func `models of two configurations are not compared`() throws {
    let tiny = try Model.random()
    #expect(
      throws: VerificationError.configurations(
        reference: "\(STMConfiguration.sample) as in \(try SampleWeights.model().path)",
        candidate: "\(STMConfiguration.tiny) in tiny")
    ) { try verify(tiny) }
  }

  @Test func `each model runs on the backend that is meant for it`() throws {
    let model = try Model.random()
    let half = try Model(
      model.network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "half")
    let backends = (RecordingBackend(), RecordingBackend())
    _ = try ClipVerification(
      reference: model, candidate: half,
      clip: try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2),
      backends: backends, criteria: .standard(for: PrecisionPlan(.float16)))
    #expect(backends.0.compiled.withLock { $0 } == [.float32, .float32, .float32])
    #expect(backends.1.compiled.withLock { $0 } == [.float16, .float16, .float16])
  }

  @Test func `gates are those of the precision unless told otherwise`() throws {
    func gates(_ criteria: ClipCriteria) -> [String] { criteria.gates.map(\.description) }
    let int8 = PrecisionPlan(.int8)
    #expect(gates(.standard(for: int8)) == ["iou(mean) >= 0.98", "sqnr(**) >= 15 dB"])
    #expect(gates(.standard(for: int8, minimumIoU: 0.5))[0] == "iou(mean) >= 0.5")
    #expect(
      gates(.standard(for: PrecisionPlan(.bfloat16))) == ["iou(mean) >= 0.99", "sqnr(**) >= 30 dB"])
    let asked = [try Gate("sqnr(**) >= 7"), try Gate("iou(worst) > 0.9")]
    #expect(
      gates(.standard(for: int8, gates: asked))
        == ["iou(mean) >= 0.98", "sqnr(**) >= 7 dB", "iou(worst) > 0.9"])
  }

  @Test func `of several precisions in one plan the lowest gates hold`() {
    let layers = ClipCriteria.standard(for: PrecisionPlan(.float16, exceptions: ["a": .w8]))
    #expect(layers.gates.map(\.limit) == [0.99, 25])
    let memory = ClipCriteria.standard(for: PrecisionPlan(.float32, memories: ["m": .int8]))
    #expect(memory.gates.map(\.limit) == [0.98, 15])
  }

  @Test func `a mixed model is covered as far as it is in its standard precision`() throws {
    let model = try SampleWeights.model()
    let plan = PrecisionPlan(
      .float16, exceptions: ["Decoder.pred2": .w8, "Encoder_Q.conv1": .float32],
      memories: ["memory_keys": .bfloat16])
    let mixed = try Model(
      model.network, plan: plan, weights: model.quantized(by: plan), path: "mixed")
    let result = try verify(mixed)
    #expect(result.plan == plan)
    let convolutions = result.layers.filter(\.isConvolution)
    #expect(result.coverage == 1 - 2 / Double(convolutions.count))
    let precisions = Dictionary(
      uniqueKeysWithValues: result.layers.map { ($0.name, $0.precision) })
    #expect(precisions["Decoder.pred2"] == .w8 && precisions["Encoder_Q.relu"] == .float32)
    #expect(precisions["Decoder.upsample"] == .float32 && precisions["Decoder.relu"] == .float16)
    #expect(result.firstCause == nil && result.logits.sqnr > 35)
    let tolerances = Dictionary(
      uniqueKeysWithValues: result.layers.map { ($0.name, $0.tolerance) })
    // What reads binary16 numbers, or a memory in bfloat16, is as coarse as these.
    #expect(tolerances["Decoder.pred2"] == 28 && tolerances["Decoder.upsample"] == 90)
    #expect(tolerances["Encoder_Q.relu"] == 45 && tolerances["Memory.read"] == 28)
  }

  private func verify(_ candidate: Model, frames: Int = 2, minimumIoU: Double? = nil) throws
    -> ClipVerification
  {
    let backend = try OneDNNBackend(threads: 2)
    return try ClipVerification(
      reference: try SampleWeights.model(), candidate: candidate, clip: try clip(frames),
      backends: (backend, backend),
      criteria: .standard(for: candidate.plan, minimumIoU: minimumIoU))
  }

  private func clip(_ frames: Int) throws -> Clip {
    try Clip(path: SampleWeights.path("clip"), longEdge: 48, maximumFrames: frames)
  }
}

/// Plain loops that remember what they were asked for.
private final class RecordingBackend: Backend {
  static let name = "recording"

  /// The standard precisions of the programs, in the order in which they were compiled.
  let compiled = Mutex<[Precision]>([])

  func compile(_ program: BoundProgram) -> any CompiledProgram {
    compiled.withLock { $0.append(program.plan.standard) }
    return ReferenceBackend(threads: 1).compile(program)
  }
}
