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
