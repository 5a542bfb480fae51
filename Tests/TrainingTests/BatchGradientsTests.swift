import Differentiation
import Tensors
import TestSupport
import Testing

@testable import Training

/// Batches of clips over threads.
@Suite struct BatchGradientsTests {
  private typealias Batch = BatchGradients<PlainKernels<Float>>

  private let clips = (1...3).map { seed in
    TinyTraining.clip(height: 16, objects: seed == 2 ? 1 : 2, seed: UInt64(seed))
  }
  private let settings = TinyTraining.allLosses
  private let model: TrainedModel

  init() throws { model = try TrainedModel(TinyTraining.model()) }

  private struct Stop: Error {}

  private func run(
    _ clips: [TrainingClip], threads: Int, counts: LossCounts? = nil, model: TrainedModel? = nil,
    settings: LossSettings = TinyTraining.allLosses,
    ready: ([String: FloatTensor]) throws -> Void = { _ in }
  ) throws -> (gradients: [String: FloatTensor], outcome: Batch.Outcome) {
    let batch = try Batch(settings: settings, threads: threads) { PlainKernels() }
    let model = model ?? self.model
    var gradients: [String: FloatTensor] = [:]
    let outcome = try batch.gradients(
      of: clips, step: 1, model: model, numbers: model.numbers(),
      counts: counts ?? batch.counts(of: clips, step: 1)
    ) {
      try ready($0)
      gradients.merge($0) { $1 }
    }
    return (gradients, outcome)
  }

  @Test func `sums do not depend on the number of threads, bit for bit`() throws {
    let alone = try run(clips, threads: 1)
    for threads in [2, 3, 5] {
      let several = try run(clips, threads: threads)
      #expect(several.gradients.mapValues(\.bits) == alone.gradients.mapValues(\.bits))
      #expect(several.outcome.losses == alone.outcome.losses)
    }
    #expect(Set(alone.gradients.keys) == Set(model.values.keys))
  }

  @Test func `gradients come part by part, those of the decoder first`() throws {
    var parts: [Set<Substring>] = []
    _ = try run(clips, threads: 2) { gradients in
      parts.append(Set(gradients.keys.compactMap { $0.split(separator: ".").first }))
    }
    #expect(parts == [["Decoder"], ["Encoder_Q", "KV_Q_r4"], ["Encoder_M", "KV_M_r4"]])
  }

  @Test func `halves of a batch add up to the whole`() throws {
    let whole = try run(clips, threads: 1)
    let counts = clips.reduce(LossCounts()) { $0 + LossCounts(of: $1, settings, step: 1) }
    let first = try run(Array(clips[..<1]), threads: 1, counts: counts)
    let second = try run(Array(clips[1...]), threads: 1, counts: counts)
    #expect(
      abs(
        (first.outcome.losses + second.outcome.losses).total(settings, counts)
          - whole.outcome.losses.total(settings, counts)) < 1e-6)
    for (name, gradient) in whole.gradients {
      let other = try #require(second.gradients[name])
      var sum = try #require(first.gradients[name])
      for index in sum.values.indices { sum.values[index] += other.values[index] }
      let largest = gradient.values.map(abs).max() ?? 0
      for (found, expected) in zip(sum.values, gradient.values) {
        #expect(abs(found - expected) <= 1e-5 * largest + 1e-7, "\(name)")
      }
    }
  }

  @Test(arguments: [1, 3]) func `the first clip whose loss is no number is named`(
    threads: Int
  ) {
    var broken = clips
    for index in [1, 2] {
      var frames = clips[index].frames
      frames[1].values[5] = .infinity
      broken[index] = TrainingClip(
        frames: frames, masks: clips[index].masks, objectCount: clips[index].objectCount,
        source: clips[index].source)
    }
    #expect(
      throws: TrainingError.notFinite(
        step: 1, clip: "rectangles 2", layer: "frame", checkpoint: nil)
    ) { try run(broken, threads: threads) }
  }

  @Test func `a gradient that is no number is named`() {
    let steep = LossSettings(crossEntropy: 1e39)
    let error = #expect(throws: TrainingError.self) {
      try run(clips, threads: 2, settings: steep)
    }
    guard case .gradientNotFinite(1, let parameter, nil) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(parameter.hasPrefix("Decoder."))
  }

  @Test func `what ready throws ends the batch`() {
    #expect(throws: Stop.self) { try run(clips, threads: 2) { _ in throw Stop() } }
  }

  @Test func `moments come run after run, clip after clip`() throws {
    let wide = (1...2).map { TinyTraining.clip(seed: UInt64($0)) }
    let norms = try TrainedModel(TinyTraining.model(), batchNorms: .batch)
    let both = try run(wide, threads: 2, model: norms).outcome.moments
    #expect(both.count == 8)
    #expect(both[0].keys.contains("Encoder_M.bn1") && both[1].keys.contains("Encoder_Q.bn1"))
    let second = try run([wide[1]], threads: 1, model: norms).outcome.moments
    #expect(Array(both[4...]) == second)
    #expect(try run(clips, threads: 1).outcome.moments.isEmpty)
  }
}
