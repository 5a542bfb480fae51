import Execution
import Models
import Networks
import OneDNNBackend
import Quantization
import STMModel
import Segmentation
import Synchronization
import Tensors
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
    #expect(result.layers.allSatisfy { $0.metrics.sqnr == .infinity && $0.metrics.count > 0 })
    #expect(result.frames.map(\.index) == [1, 2])
    #expect(result.frames.map(\.name) == ["00001", "00002"])
    #expect(result.frames.map(\.memoryFrames) == [1, 2])
    #expect(result.coverage == 1)
    #expect(result.referenceTruth == result.candidateTruth)
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

  @Test func `a changed weight fails, and the first layer that it spoils is named`() throws {
    let model = try SampleWeights.model()
    let result = try verify(model.changing("Decoder.RF3.convFS.weight") { $0 * 1.05 })
    #expect(!result.passes)
    #expect(result.firstCause?.name == "Decoder.RF3.convFS")
    #expect(try #require(result.firstCause).metrics.sqnr < 30)
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
  }

  @Test func `models of two configurations are not compared`() throws {
    let network = STMNetwork(.tiny)
    let tiny = try Model(
      network, precision: .float32,
      weights: try TensorArchive.random(network.parameters, seed: 1), path: "tiny")
    #expect(
      throws: VerificationError.configurations(
        reference: "\(STMConfiguration.sample) as in \(try SampleWeights.model().path)",
        candidate: "\(STMConfiguration.tiny) in tiny")
    ) { try verify(tiny) }
  }

  @Test func `each model runs on the backend that is meant for it`() throws {
    let network = STMNetwork(.tiny)
    let model = try Model(
      network, precision: .float32,
      weights: try TensorArchive.random(network.parameters, seed: 1), path: "tiny")
    let half = try Model(
      network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "half")
    let backends = (RecordingBackend(), RecordingBackend())
    _ = try ClipVerification(
      reference: model, candidate: half,
      clip: try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2),
      backends: backends, gates: .standard(for: PrecisionPlan(.float16)))
    #expect(backends.0.compiled.withLock { $0 } == [.float32, .float32, .float32])
    #expect(backends.1.compiled.withLock { $0 } == [.float16, .float16, .float16])
  }

  @Test func `gates are those of the precision unless told otherwise`() {
    let standard = ClipGates.standard(for: PrecisionPlan(.int8))
    #expect(standard.minimumIoU == 0.98 && standard.sqnr.standard == 15)
    #expect(ClipGates.standard(for: PrecisionPlan(.int8), minimumIoU: 0.5).minimumIoU == 0.5)
    let brain = ClipGates.standard(for: PrecisionPlan(.bfloat16))
    #expect(brain.minimumIoU == 0.99 && brain.sqnr.standard == 30)
  }

  @Test func `of several precisions in one plan the lowest gates hold`() {
    let layers = ClipGates.standard(for: PrecisionPlan(.float16, exceptions: ["a": .w8]))
    #expect(layers.minimumIoU == 0.99 && layers.sqnr.standard == 25)
    let memory = ClipGates.standard(for: PrecisionPlan(.float32, memories: ["m": .int8]))
    #expect(memory.minimumIoU == 0.98 && memory.sqnr.standard == 15)
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
  }

  private func verify(_ candidate: Model, frames: Int = 2, minimumIoU: Double? = nil) throws
    -> ClipVerification
  {
    let backend = try OneDNNBackend(threads: 2)
    return try ClipVerification(
      reference: try SampleWeights.model(), candidate: candidate,
      clip: try Clip(path: SampleWeights.path("clip"), longEdge: 48, maximumFrames: frames),
      backends: (backend, backend),
      gates: .standard(for: candidate.plan, minimumIoU: minimumIoU))
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
