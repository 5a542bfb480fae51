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

@Suite struct BiasCorrectionTests {
  private static let network = STMNetwork(.tiny)
  private let model: Model
  private let clip: Clip

  init() throws {
    model = try Model(
      Self.network, precision: .float32,
      weights: try TensorArchive.random(Self.network.parameters, seed: 1), path: "tiny")
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 4)
  }

  @Test(arguments: ["KV_Q_r4.Key", "KV_Q_r4.Value"])
  func `biases take up most of what rounding adds to the means of a convolution's results`(
    layer: String
  ) throws {
    let correction = try BiasCorrection(
      model, backend: ReferenceBackend(threads: 2), clips: [clip])
    let expected = try means(of: layer, in: model)
    let rounded = try means(of: layer, in: try w8(WeightQuantization()))
    let corrected = try means(
      of: layer, in: try w8(WeightQuantization(biasShift: correction.shift)))
    func error(_ found: [Double]) -> Double {
      zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    #expect(error(rounded) > 0)
    #expect(error(corrected) < 0.25 * error(rounded))
  }

  @Test func `a kernel that rounding leaves as it is needs no other bias`() throws {
    let correction = try BiasCorrection(
      model, backend: ReferenceBackend(threads: 2), clips: [clip])
    let step = try #require(
      Self.network.deployedPrograms[2].steps.first { $0.convolution != nil })
    let channels = try #require(step.convolution).inputChannels
    let integers = FloatTensor(
      shape: [1, channels, 3, 3], values: (0..<9 * channels).map { Float(127 - $0 % 100) })
    let quantized = try QuantizedWeight(integers)
    #expect(correction.shift(step.layer, integers, quantized) == [0])
    #expect(correction.shift("Decoder.none", integers, quantized) == nil)
  }

  @Test func `the biases of a whole network lower the error of its logits`() throws {
    // A magnitude of 63 rounds as coarsely as trained networks' outliers make 8 bits round.
    let coarse = WeightQuantization(reducesRange: true)
    let correction = try BiasCorrection(
      model, backend: ReferenceBackend(threads: 2), clips: [clip])
    let corrected = WeightQuantization(reducesRange: true, biasShift: correction.shift)
    let expected = try logits(of: model)
    func error(_ quantization: WeightQuantization) throws -> Double {
      zip(try logits(of: try w8(quantization)), expected).reduce(0) {
        $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
      }
    }
    let before = try error(coarse)
    #expect(before > 0)
    #expect(try error(corrected) < 0.8 * before)
  }

  @Test func `values that are not finite are refused by the name of the first that a layer reads`()
    throws
  {
    let weights = try model.weights.changing([
      "Encoder_Q.res2.0.bn1.bias": { _ in 3e38 }, "Encoder_Q.res2.0.conv2.weight": { _ in 1 },
    ])
    let odd = try Model(Self.network, precision: .float32, weights: weights, path: "odd")
    let error = try #require(throws: QuantizationError.self) {
      try BiasCorrection(odd, backend: ReferenceBackend(threads: 2), clips: [clip])
    }
    guard case .nonFinite("query", "Encoder_Q.res2.0.relu2", let count) = error, count > 0 else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `a model in another precision is refused`() throws {
    #expect(throws: ModelError.alreadyQuantized(path: "w8", precision: "w8")) {
      try BiasCorrection(
        try w8(WeightQuantization()), backend: ReferenceBackend(threads: 1), clips: [clip])
    }
  }

  private func w8(_ quantization: WeightQuantization) throws -> Model {
    let plan = PrecisionPlan(.w8)
    return try Model(
      Self.network, plan: plan,
      weights: try model.quantized(by: plan, quantizing: quantization), path: "w8")
  }

  /// The teacher-forced logits of `model` over the clip, on masks of the binary32 model.
  private func logits(of model: Model) throws -> [Float] {
    let backend = ReferenceBackend(threads: 2)
    let networks = try [self.model, model].map { try CompiledNetwork($0, backend: backend) }
    var loops = networks.map { VideoSegmentation($0, height: clip.height, width: clip.width) }
    var probabilities = clip.firstMask.probabilities(objectCount: clip.objectCount)
    var logits: [Float] = []
    for index in 1..<clip.frameCount {
      for loop in loops.indices {
        try loops[loop].memorize(
          frame: try clip.frame(index - 1), probabilities: probabilities)
      }
      probabilities = try loops[0].segment(frame: try clip.frame(index)).probabilities
      logits += try loops[1].segment(frame: try clip.frame(index)).logits.values
    }
    return logits
  }

  /// The mean of each channel of what `layer` makes of the clip's second frame.
  private func means(of layer: String, in model: Model) throws -> [Double] {
    let padding = FramePadding(height: clip.height, width: clip.width)
    var means: [Double] = []
    _ = try ReferenceBackend(threads: 2).compile(model.deployed(Self.network.query)).run(
      ["frame": padding.pad(try clip.frame(1))],
      taps: Taps([layer]) { _, value in
        let plane = value.shape[2] * value.shape[3]
        means = (0..<value.shape[1]).map { channel in
          value.values[channel * plane..<(channel + 1) * plane].reduce(0) { $0 + Double($1) }
            / Double(plane)
        }
      })
    return means
  }
}
