import Differentiation
import Models
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport

@testable import Training

/// A tiny network and clips to train it on.
struct TinyTraining {
  /// Every loss, of which the cross-entropy counts part of the pixels.
  static let allLosses = LossSettings(
    crossEntropy: 1, bootstrap: .init(share: 0.6, firstStep: 0, lastStep: 0), dice: 0.5,
    attention: 0.3)

  /// A model with random weights.
  static func model(seed: UInt64 = 5) throws -> Model {
    let network = STMNetwork(.tiny)
    return try Model(
      network, precision: .float32, weights: .random(network.parameters, seed: seed), path: "tiny")
  }

  /// Two rectangles that move over frames of noise; a corner is void.
  static func clip(
    height: Int = 32, width: Int = 16, objects: Int = 2, seed: UInt64 = 1
  ) -> TrainingClip {
    var generator = SeededGenerator(seed: seed)
    return TrainingClip(
      frames: (0..<TrainingClip.frameCount).map { _ in
        .random([1, 3, height, width], in: 0...1, using: &generator)
      },
      masks: (0..<TrainingClip.frameCount).map { frame in
        ObjectMask(
          width: width, height: height,
          ids: (0..<height * width).map { pixel in
            let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
            if y < 2, x > 12 { return ObjectMask.void }
            if (frame..<height / 2).contains(y) { return 1 }
            return objects > 1 && (height / 2 + 3..<height).contains(y) && x >= frame ? 2 : 0
          })
      }, objectCount: objects, source: "rectangles \(seed)")
  }

  /// The network of `model`, run over clips in plain loops.
  static func network<Scalar: Real>(
    _ model: TrainedModel, _ settings: LossSettings,
    checkpoints: DifferentiableProgram<PlainKernels<Scalar>>.Checkpoints = .none
  ) throws -> ThreeFrames<PlainKernels<Scalar>> {
    try ThreeFrames(model.numbers(), settings, PlainKernels<Scalar>(), checkpoints: checkpoints)
  }

  /// What is minimized over `clip`, in binary64.
  static func loss(
    _ model: TrainedModel, _ settings: LossSettings, _ clip: TrainingClip, step: Int = 1
  ) throws -> Double {
    let network: ThreeFrames<PlainKernels<Double>> = try network(model, settings)
    let counts = LossCounts(of: clip, settings, step: step)
    return try network.losses(of: network.run(clip), clip, counts, step: step).values
      .total(settings, counts)
  }

  /// The gradients of that by the parameters of `model`.
  static func gradients(
    _ model: TrainedModel, _ settings: LossSettings, _ clip: TrainingClip, step: Int = 1,
    checkpoints: DifferentiableProgram<PlainKernels<Double>>.Checkpoints = .none
  ) throws -> [String: FloatTensor] {
    let network: ThreeFrames<PlainKernels<Double>> = try network(
      model, settings, checkpoints: checkpoints)
    var result: [String: FloatTensor] = [:]
    _ = try network.gradients(
      of: clip, LossCounts(of: clip, settings, step: step), step: step
    ) { part, steps in
      result.merge(model.gradients(from: steps, of: model.programs[part.program])) { $1 }
    }
    return result
  }
}

/// What a function of numbers changes by when these change, both ways.
struct CentralDifference {
  /// How much the function changes for a small change of the numbers along a random direction.
  let measured: Double
  /// How much its gradient says.
  let expected: Double

  /// How far both are apart, over the larger.
  var error: Double { abs(measured - expected) / max(abs(measured), abs(expected), 1e-12) }

  /// Changes those `values` for whose names `chooses` holds by up to `step`.
  init(
    _ values: [String: FloatTensor], gradients: [String: FloatTensor], step: Float = 0x1p-16,
    seed: UInt64 = 8, where chooses: (String) -> Bool = { _ in true },
    _ function: ([String: FloatTensor]) throws -> Double
  ) rethrows {
    var generator = SeededGenerator(seed: seed)
    var (lower, upper) = (values, values)
    var expected = 0.0
    for (name, tensor) in values.sorted(by: { $0.key < $1.key }) where chooses(name) {
      let gradient = gradients[name] ?? FloatTensor(zeros: tensor.shape)
      var (low, high) = (tensor, tensor)
      for index in tensor.values.indices {
        let change = Float.random(in: -step...step, using: &generator)
        low.values[index] -= change
        high.values[index] += change
        expected +=
          Double(gradient.values[index])
          * (Double(high.values[index]) - Double(low.values[index])) / 2
      }
      lower[name] = low
      upper[name] = high
    }
    self.expected = expected
    measured = (try function(upper) - function(lower)) / 2
  }
}
