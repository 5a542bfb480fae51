import Execution
import Files
import Foundation
import Models
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing
import Tuning

@Suite struct ModelSearchTests {
  private static let network = STMNetwork(.tiny)
  private let folder: Scratch
  private let model: Model
  private let evaluation: PlanEvaluation

  init() throws {
    folder = try Scratch()
    model = try Model.random()
    let clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2)
    let backend = ReferenceBackend(threads: 2)
    var calibration = try Calibration(model, backend: backend)
    try calibration.include(clip)
    evaluation = try PlanEvaluation(
      model, PlanQuantization(statistics: calibration.statistics), backend: backend, clips: [clip])
  }

  private static let candidates: [Precision] = [.int8, .float16]

  /// The bytes of all tensors of a plan.
  private func bytes(_ plan: PrecisionPlan) throws -> Int {
    try model.outline(of: plan).entries.reduce(0) {
      $0 + $1.shape.elementCount * $1.elementType.byteCount
    }
  }

  private func search(
    _ request: ModelSearch.Request, state: SearchState? = nil
  ) throws -> ModelSearch.Outcome {
    try ModelSearch(
      request, of: evaluation, state: try state ?? SearchState(path: nil, origin: [:]),
      fileBytes: bytes
    ).run()
  }

  private var small: SearchConstraints {
    get throws {
      SearchConstraints(
        maximumBytes: (try bytes(PrecisionPlan(.int8)) + bytes(PrecisionPlan(.float16))) / 2)
    }
  }

  @Test func `an outline is what a quantized model has, in its order`() throws {
    for plan in [
      PrecisionPlan(.int8),
      PrecisionPlan(
        .int8, exceptions: ["Decoder.pred2": .float16, "KV_M_r4.Key": .w8],
        memories: ["memory_keys": .int8]),
      PrecisionPlan(.w8), PrecisionPlan(.bfloat16), PrecisionPlan(.float32),
    ] {
      let outline = try model.outline(of: plan).entries
      let weights = try model.quantized(
        by: plan, statistics: evaluation.quantization.statistics
      ).entries
      #expect(outline.map(\.name) == weights.map(\.name))
      #expect(outline.map(\.shape) == weights.map(\.shape))
      #expect(
        outline.map(\.elementType.byteCount) == weights.map(\.elementType.byteCount))
    }
  }

  @Test func `a plan within a size is better than int8, keeps what is kept, and is what it says`()
    throws
  {
    let constraints = try small
    let kept = try #require(KeptLayers("Encoder_Q.conv1=int8"))
    let outcome = try search(
      .init(
        constraints, candidates: Self.candidates, kept: [kept], memory: .float16, maximumTrials: 12)
    )
    let chosen = outcome.chosen
    #expect(chosen.cost.bytes <= constraints.maximumBytes ?? 0)
    #expect(chosen.cost.bytes == (try bytes(chosen.plan)))
    #expect(chosen.plan.problems(in: Self.network.deployedPrograms) == [])
    #expect(chosen.plan.exceptions["Encoder_Q.conv1"] ?? chosen.plan.standard == .int8)
    #expect(chosen.plan.memories == ["memory_keys": .float16, "memory_values": .float16])
    #expect(try evaluation.quality(of: chosen.plan) == chosen.quality)
    #expect(chosen.quality.iou >= outcome.trials[0].quality.iou)
    #expect(chosen.counts.values.reduce(0, +) == outcome.layers.count)
    for trial in outcome.trials where trial.cost.bytes <= constraints.maximumBytes ?? 0 {
      #expect(trial.quality.iou <= chosen.quality.iou)
    }
  }

  @Test func `a search that was interrupted goes on to the same plan, and measures nothing twice`()
    throws
  {
    struct Interruption: Error {}
    let request = ModelSearch.Request(
      try small, candidates: Self.candidates, maximumTrials: 8)
    let whole = try search(request)
    let (path, origin) = (folder["state.json"], ["model": "tiny"])
    var calls = 0
    #expect(throws: Interruption.self) {
      let state = try SearchState(path: path, origin: origin)
      let search = try ModelSearch(request, of: evaluation, state: state) { plan in
        calls += 1
        if calls > 2 { throw Interruption() }
        return try bytes(plan)
      }
      _ = try search.run()
    }
    let interrupted = try FileBytes(path: path).count
    #expect(interrupted > 0)
    let resumed = try search(request, state: try SearchState(path: path, origin: origin))
    #expect(resumed.trials == whole.trials && resumed.choice == whole.choice)
    var state = try SearchState(path: path, origin: origin)
    for layer in whole.layers {
      for option in layer.options {
        let name = "layer \(layer.name) in \(option.precision.rawValue)"
        let known = try state.quality(name) { throw Interruption() }
        #expect(known.noise == option.harm)
      }
    }
  }

  @Test func `the same state serves other constraints`() throws {
    let path = folder["state.json"]
    let first = try search(
      .init(try small, maximumTrials: 6), state: try SearchState(path: path, origin: [:]))
    let size = try FileBytes(path: path).count
    let other = SearchConstraints(maximumBytes: try bytes(PrecisionPlan(.float16)) * 9 / 10)
    let second = try search(
      .init(other, maximumTrials: 6), state: try SearchState(path: path, origin: [:]))
    #expect(second.layers == first.layers)
    #expect(second.trials != first.trials)
    #expect(try FileBytes(path: path).count > size)
    #expect(try search(.init(other, maximumTrials: 6)).trials == second.trials)
  }

  @Test func `a state of another origin or version, or something else, is refused by name`() throws
  {
    let path = folder["state.json"]
    try SearchState(path: path, origin: ["model": "a", "clip 1": "dog"]).save()
    #expect(
      throws: TuningError.state(path: path, what: "model", expected: "b", found: "a")
    ) {
      try SearchState(path: path, origin: ["model": "b", "clip 1": "dog"])
    }
    #expect(
      throws: TuningError.state(path: path, what: "clip 1", expected: "none", found: "dog")
    ) {
      try SearchState(path: path, origin: ["model": "a"])
    }
    let later = #"{"version": 2, "origin": {}, "measured": {}}"#
    try AtomicFile.write(Array(later.utf8), to: path)
    #expect(throws: TuningError.state(path: path, what: "version", expected: "1", found: "2")) {
      try SearchState(path: path, origin: [:])
    }
    try AtomicFile.write(Array("{}".utf8), to: path)
    #expect(
      throws: TuningError.state(
        path: path, what: "contents", expected: "what a search wrote", found: "something else")
    ) {
      try SearchState(path: path, origin: [:])
    }
  }

  @Test func `what cannot be had is an error that names the nearest plan`() throws {
    let error = try #require(throws: TuningError.self) {
      try search(.init(SearchConstraints(maximumBytes: 100), maximumTrials: 4))
    }
    guard case .noPlan(let constraints, let tried, let nearest) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(constraints == "at most 100 bytes")
    #expect(tried <= 4 && nearest.contains("bytes, IoU"))
    #expect(error.fault == .unmet)
  }

  @Test func `a kept pattern that selects nothing is refused`() throws {
    let kept = try #require(KeptLayers("Decoder.pred3=fp16"))
    #expect(throws: QuantizationError.self) { try search(.init(try small, kept: [kept])) }
  }
}
