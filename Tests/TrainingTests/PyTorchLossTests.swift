import Differentiation
import Foundation
import Models
import Networks
import Quantization
import STMModel
import Safetensors
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import Training

/// Losses of three frames and their gradients against what PyTorch computed in binary64
/// (`Fixtures/make_three_frames.py`).
@Suite struct PyTorchLossTests {
  private let archive: TensorArchive
  private let model: Model
  private let clip: TrainingClip

  init() throws {
    let folder = try #require(Bundle.module.resourceURL)
    archive = try SafetensorsFile.read(
      folder.appending(path: "Fixtures/three_frames.safetensors").path)
    let prefix = "model/"
    model = try Model(
      STMNetwork(.tiny), precision: .float32,
      weights: TensorArchive(
        archive.entries.filter { $0.name.hasPrefix(prefix) }.map {
          $0.renamed(String($0.name.dropFirst(prefix.count)))
        }), path: "tiny")
    let frames = try archive.floats("frames")
    let masks = try #require(archive["masks"]).tensor()
    let pixels = frames.shape[2] * frames.shape[3]
    let ids = masks.bitPatterns(as: UInt8.self)
    clip = TrainingClip(
      frames: (0..<3).map(frames.slice),
      masks: (0..<3).map {
        ObjectMask(
          width: frames.shape[3], height: frames.shape[2],
          ids: Array(ids[$0 * pixels..<($0 + 1) * pixels]))
      }, objectCount: 2, source: "fixture")
  }

  private func number(_ name: String) throws -> Double {
    Double(try archive.floats(name).values[0])
  }

  @Test(arguments: [BatchNormTraining.frozen, .batch])
  func `losses, gradients and running statistics are PyTorch's`(norms: BatchNormTraining) throws {
    var trained = try TrainedModel(model, batchNorms: norms)
    let batch = try BatchGradients(settings: LossSettings(), threads: 1) {
      PlainKernels<Float>()
    }
    let counts = batch.counts(of: [clip], step: 0)
    var gradients: [String: FloatTensor] = [:]
    let outcome = try batch.gradients(
      of: [clip], step: 0, model: trained, numbers: trained.numbers(), counts: counts
    ) { gradients.merge($0) { $1 } }
    let expected = try number("\(norms)/loss")
    #expect(abs(outcome.losses.total(LossSettings(), counts) - expected) < 1e-5 * expected)
    for parameter in trained.parameters {
      try expect(gradients[parameter.name], "\(norms)/gradients/\(parameter.name)")
    }
    trained.updateStatistics(outcome.moments)
    for name in trained.statistics.keys where norms == .batch && name.contains(".running_") {
      try expect(trained.statistics[name], "\(norms)/statistics/\(name)")
    }
  }

  @Test func `the hardest pixels' cross-entropy and Dice are PyTorch's`() throws {
    let settings = LossSettings(
      bootstrap: .init(share: 0.3, firstStep: 0, lastStep: 0), dice: 0.5)
    let trained = try TrainedModel(model)
    let counts = LossCounts(of: clip, settings, step: 1)
    let network: ThreeFrames<PlainKernels<Float>> = try TinyTraining.network(trained, settings)
    var gradients: [String: FloatTensor] = [:]
    let outcome = try network.gradients(of: clip, counts, step: 1) { part, steps in
      gradients.merge(trained.gradients(from: steps, of: trained.programs[part.program])) { $1 }
    }
    let means = outcome.losses.means(counts)
    #expect(abs(means.crossEntropy - (try number("hard/loss"))) < 1e-5)
    #expect(abs(means.dice - (try number("hard/dice"))) < 1e-5)
    for name in ["Decoder.pred2.weight", "Decoder.pred2.bias"] {
      try expect(gradients[name], "hard/gradients/\(name)")
    }
  }

  /// Within 1e-3 of the largest of the tensor, or 1e-7.
  private func expect(_ found: FloatTensor?, _ name: String) throws {
    let expected = try archive.floats(name)
    let found = try #require(found, "'\(name)'")
    #expect(found.shape == expected.shape, "'\(name)'")
    let limit = max(1e-7, 1e-3 * (expected.values.map(abs).max() ?? 0))
    let error = zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? 0
    #expect(error <= limit, "'\(name)'")
  }
}
