import Cluster
import Differentiation
import Foundation
import Models
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing
import Training

@Suite struct TrainerTests {
  /// Clips of a square that moves, at places that the step and the position decide.
  struct Squares: ClipSource {
    func clip(step: Int, position: Int) -> TrainingClip {
      var random = SplitMix64(seed: 3, step: step, position: position)
      let start = random.integer(in: 2...10)
      var (frames, masks): ([FloatTensor], [ObjectMask]) = ([], [])
      for frame in 0..<TrainingClip.frameCount {
        let range = start + 4 * frame..<start + 4 * frame + 12
        let ids = (0..<32 * 32).map { pixel -> UInt8 in
          range.contains(pixel % 32) && range.contains(pixel / 32) ? 1 : 0
        }
        let values = (0..<3).flatMap { channel in
          ids.enumerated().map { pixel, id in
            id == 1 ? 0.9 - Float(channel) / 4 : Float((pixel * 7 + channel) % 64) / 160
          }
        }
        frames.append(FloatTensor(shape: [1, 3, 32, 32], values: values))
        masks.append(ObjectMask(width: 32, height: 32, ids: ids))
      }
      return TrainingClip(frames: frames, masks: masks, objectCount: 1, source: "square")
    }
  }

  private static let network = STMNetwork(
    STMConfiguration(
      trunkWidth: 2, blocks: [1, 1, 1], keyChannels: 2, valueChannels: 4, decoderChannels: 4))

  private static func trainer(
    in group: any ProcessGroup, batchNorms: BatchNormTraining = .frozen
  ) throws -> Trainer<PlainKernels<Float>> {
    let first = try Model(
      untrained: network, seed: 1, keeping: try TensorArchive([]), path: "untrained")
    let schedule = LearningRateSchedule(base: 0.001)
    return Trainer(
      try TrainedModel(first, batchNorms: batchNorms), fingerprint: try first.fingerprint,
      settings: TrainerSettings(
        batch: 2, schedule: schedule, gradientNorm: 5, averageDecay: 0.9),
      identity: try TrainingSettings(["batch": 2]), source: Squares(),
      batch: try BatchGradients(settings: LossSettings(), threads: 1) { PlainKernels() },
      in: group)
  }

  @Test(arguments: [BatchNormTraining.frozen, .batch])
  func `two processes with half batches take the steps of one with the whole batch`(
    batchNorms: BatchNormTraining
  ) throws {
    var alone = try Self.trainer(in: SingleProcess(), batchNorms: batchNorms)
    let expected = try (0..<2).map { _ in try alone.advance() }
    let pair = ThreadGroup.of(2)
    let results = pair.map { _ in Outcome() }
    let threads = zip(pair, results).map { group, outcome in
      Thread {
        outcome.set(
          Result {
            var trainer = try Self.trainer(in: group, batchNorms: batchNorms)
            let metrics = try (0..<2).map { _ in try trainer.advance() }
            return (trainer.result.model, metrics)
          })
      }
    }
    for thread in threads { thread.start() }
    let ends = try results.map { try $0.wait() }
    #expect(ends[0].model.values == ends[1].model.values)
    #expect(ends[0].model.statistics == ends[1].model.statistics)
    for (found, metrics) in zip(ends[0].metrics, expected) {
      #expect(abs(found.loss - metrics.loss) < 1e-5)
      #expect(found.learningRate == metrics.learningRate)
    }
    for (found, value) in [
      (ends[0].model.values, alone.result.model.values),
      (ends[0].model.statistics, alone.result.model.statistics),
    ] {
      for (name, tensor) in value {
        let other = try #require(found[name])
        let largest = zip(tensor.values, other.values).map { abs($0 - $1) }.max() ?? 0
        // The gradient by the memory keys' bias is zero but for noise, of which Adam makes whole steps.
        #expect(largest <= (name == "KV_M_r4.Key.bias" ? 2 * 0.001 * 2 : 1e-5), "\(name)")
      }
    }
  }

  @Test func `a training that goes on from a checkpoint takes the same steps`() throws {
    var whole = try Self.trainer(in: SingleProcess(), batchNorms: .batch)
    _ = try whole.advance()
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try whole.state.write(to: path)
    var resumed = try Self.trainer(in: SingleProcess(), batchNorms: .batch)
    try resumed.resume(from: path)
    #expect(resumed.step == 1)
    let expected = try whole.advance()
    #expect(try resumed.advance() == expected)
    #expect(resumed.state == whole.state)
  }
}

/// What a thread comes to.
private final class Outcome: @unchecked Sendable {  // the semaphore orders all access
  typealias Value = (model: TrainedModel, metrics: [StepMetrics])
  private var value: Result<Value, any Error>?
  private let done = DispatchSemaphore(value: 0)

  func set(_ result: Result<Value, any Error>) {
    value = result
    done.signal()
  }

  func wait() throws -> Value {
    done.wait()
    guard let value else { preconditionFailure("no result") }
    return try value.get()
  }
}
