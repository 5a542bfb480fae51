import OneDNNBackend
import Segmentation
import TestSupport
import Testing
import Verification

/// Roll-ups, held against what their clips say.
@Suite struct ClipSetVerificationTests {
  private let gates: [Gate]

  init() throws {
    gates = try [
      "iou(mean) >= 0.5", "free.iou(worst) >= 0.5", "changed(max) <= 1", "sqnr(**) >= 20",
      "forced.j(mean) >= 0.1", "isolated.max_error(Decoder.**) < 1",
    ].map { try Gate($0) }
  }

  /// The candidate over the first frames of the sample clip, at two sizes.
  private func clips(_ change: (Float) -> Float) throws -> [ClipSummary] {
    let (model, backend) = (try SampleWeights.model(), try OneDNNBackend(threads: 2))
    let candidate = try model.changing("Decoder.RF2.convFS.weight", change)
    let sides = (try ClipSubject.Side(model), try ClipSubject.Side(candidate))
    return try [48, 64].map { edge in
      let clip = try Clip(
        name: "edge-\(edge)", frames: SampleWeights.path("clip/frames"),
        masks: SampleWeights.path("clip/masks"), longEdge: edge, maximumFrames: edge / 16)
      let result = try ClipVerification(
        reference: model, candidate: candidate, clip: clip, backends: (backend, backend),
        criteria: ClipCriteria(gates: gates))
      return ClipSummary(
        result, of: ClipSubject(reference: sides.0, candidate: sides.1, clip: clip))
    }
  }

  @Test func `means count every clip the same, layers their worst clip`() throws {
    let clips = try clips { $0 * 1.5 }
    let set = ClipSetVerification(clips, unreadable: [], gates: gates)
    #expect(clips.map(\.frames.count) == [2, 3])
    let mean = (clips[0].free.region + clips[1].free.region) / 2
    #expect(set.agreement(.free)?.region == mean && mean < 1)
    #expect(
      set.truth?.reference.boundary
        == (clips[0].truth!.reference.boundary + clips[1].truth!.reference.boundary) / 2)
    #expect(set.worstMask?.value == clips.map(\.worstIoU).min())
    #expect(set.worstFirst.first?.free.region == clips.map(\.free.region).min())
    for (index, layer) in set.layers.enumerated() {
      let values = clips.map { ($0.layers[index].contributionSQNR, $0.subject.clip) }
      let worst = try #require(values.min { $0.0 < $1.0 })
      #expect(layer.contributionSQNR.value == worst.0)
      #expect(values.contains { $0 == (layer.contributionSQNR.value, layer.contributionSQNR.clip) })
    }
    #expect(!set.passes && set.layers.first { !$0.passes }?.name == "Decoder.RF2.convFS")
  }

  @Test func `gates hold over the set: means of clips, extremes of all, layers in each`() throws {
    let clips = try clips { $0 * 1.5 }
    let set = ClipSetVerification(clips, unreadable: [], gates: gates)
    #expect(set.gates.map(\.gate) == gates)
    func mean(_ value: (ClipSummary) -> Double) -> Double {
      clips.map(value).reduce(0, +) / Double(clips.count)
    }
    #expect(set.gates[0].found == min(mean(\.forced.region), mean(\.free.region)))
    #expect(set.gates[1].found == clips.map(\.worstIoU).min())
    #expect(set.gates[1].place?.hasPrefix("edge-") == true)
    let changes = clips.flatMap(\.frames).flatMap {
      [$0.teacherForcedChange, $0.freeRunningChange]
    }
    #expect(set.gates[2].found == changes.max())
    #expect(set.gates[3].found == clips.compactMap(\.gates[3].found).min())
    #expect(set.gates[4].found == mean { $0.truth!.teacherForced.region })
    #expect(set.gates[5].found == clips.compactMap(\.gates[5].found).max())
    #expect(set.gates[3].place?.hasPrefix("edge-") == true)
  }

  @Test func `a clip that could not be read, or none at all, makes a set fail`() throws {
    let clips = try clips { $0 }
    #expect(ClipSetVerification(clips, unreadable: [], gates: gates).passes)
    let broken = ClipSetVerification.Unreadable(name: "broken", problem: "no such folder")
    #expect(!ClipSetVerification(clips, unreadable: [broken], gates: gates).passes)
    let none = ClipSetVerification([], unreadable: [broken], gates: gates)
    #expect(!none.passes && none.layers.isEmpty && none.truth == nil)
    #expect(none.agreement(.free) == nil && none.agreement(.forced) == nil)
    #expect(none.gates.allSatisfy { $0.found == nil && !$0.passes })
  }
}
