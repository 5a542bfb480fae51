import Differentiation
import Tensors
import TestSupport
import Testing

@testable import Training

/// The losses of three frames and their gradients by all parameters, against differences in binary64.
@Suite struct ThreeFramesTests {
  private static let parts = ["Encoder_M.", "KV_M_r4.", "Encoder_Q.", "KV_Q_r4.", "Decoder."]

  private let clip = TinyTraining.clip()

  @Test(arguments: parts) func `gradients of all losses are those of differences`(
    part: String
  ) throws {
    try expectDifference(TrainedModel(TinyTraining.model()), clip, part)
  }

  @Test func `gradients with the moments of the batch are those of differences`() throws {
    try expectDifference(
      TrainedModel(TinyTraining.model(), batchNorms: .batch), TinyTraining.clip(width: 32), "")
  }

  private func expectDifference(
    _ model: TrainedModel, _ clip: TrainingClip, _ part: String
  ) throws {
    let settings = TinyTraining.allLosses
    let difference = try CentralDifference(
      model.values, gradients: TinyTraining.gradients(model, settings, clip), step: 0x1p-18,
      where: { $0.hasPrefix(part) }
    ) { values in
      var changed = model
      changed.values = values
      return try TinyTraining.loss(changed, settings, clip)
    }
    #expect(difference.error < 1e-4, "\(difference)")
    #expect(difference.measured != 0)
  }

  @Test func `what is computed again with checkpoints gives the same gradients`() throws {
    let model = try TrainedModel(TinyTraining.model())
    let expected = try TinyTraining.gradients(model, TinyTraining.allLosses, clip)
    let found = try TinyTraining.gradients(
      model, TinyTraining.allLosses, clip, checkpoints: .stages)
    #expect(found == expected)
  }

  @Test func `one object has no others, and the softmax does not see the bias of keys`() throws {
    let model = try TrainedModel(TinyTraining.model())
    let gradients = try TinyTraining.gradients(
      model, LossSettings(), TinyTraining.clip(objects: 1))
    #expect(gradients["Encoder_M.conv1_o.weight"]?.values.allSatisfy { $0 == 0 } == true)
    #expect(gradients["KV_M_r4.Key.bias"]?.values.allSatisfy { abs($0) < 1e-12 } == true)
    for name in ["Encoder_M.conv1_m.weight", "KV_M_r4.Key.weight", "KV_Q_r4.Key.bias"] {
      #expect(gradients[name]?.values.contains { $0 != 0 } == true, "\(name)")
    }
  }

  @Test(arguments: [
    ("Encoder_M.res2.0.conv2.weight", "Encoder_M.res2.0.relu2"),
    ("KV_Q_r4.Value.bias", "KV_Q_r4.Value"), ("Decoder.RF3.convFS.weight", "Decoder.RF3.convFS"),
  ])
  func `the first value that is no number is named`(parameter: String, layer: String) throws {
    var model = try TrainedModel(TinyTraining.model())
    model.values[parameter]?.values[0] = .nan
    for checkpoints in [DifferentiableProgram<PlainKernels<Float>>.Checkpoints.none, .stages] {
      let network: ThreeFrames<PlainKernels<Float>> = try TinyTraining.network(
        model, LossSettings(), checkpoints: checkpoints)
      #expect(
        throws: TrainingError.notFinite(
          step: 7, clip: clip.source, layer: layer, checkpoint: nil)
      ) {
        try network.losses(of: network.run(clip), clip, LossCounts(pixels: 1), step: 7)
      }
    }
  }

  @Test func `a frame too small for moments of its own is refused`() throws {
    let model = try TrainedModel(TinyTraining.model(), batchNorms: .batch)
    let network: ThreeFrames<PlainKernels<Float>> = try TinyTraining.network(
      model, LossSettings())
    let small = TinyTraining.clip(height: 16)
    #expect(
      throws: TrainingError.singleElement(clip: small.source, layer: "Encoder_Q.res4.0.bn2")
    ) { try network.run(small) }
  }
}
