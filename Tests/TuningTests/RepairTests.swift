import Execution
import Foundation
import Models
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing
import Tuning

/// Every repair lowers the error that it claims to lower, and changes nothing else.
@Suite struct RepairTests {
  private static let network = STMNetwork(.tiny)
  private let model: Model
  private let clip: Clip
  private let statistics: CalibrationStatistics

  init() throws {
    model = try Model.random()
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 4)
    statistics = try Self.statistics(of: model, over: clip)
  }

  private static func statistics(
    of model: Model, over clip: Clip
  ) throws -> CalibrationStatistics {
    var calibration = try Calibration(model, backend: ReferenceBackend(threads: 2))
    try calibration.include(clip)
    return calibration.statistics
  }

  @Test(arguments: ["Encoder_Q.res3.0.downsample.1", "Encoder_Q.res4.0.downsample.1"])
  func `corrected biases take up most of what rounding adds to the means of results`(
    layer: String
  ) throws {
    let expected = try means(of: layer, in: model)
    let rounded = try means(of: layer, in: quantized(.w8))
    let corrected = try means(of: layer, in: quantized(.w8, biasCorrection: .empirical))
    #expect(squaredError(rounded, expected) > 0)
    #expect(squaredError(corrected, expected) < 0.5 * squaredError(rounded, expected))
  }

  @Test func `the biases of a whole network lower the error of its logits`() throws {
    let expected = try logits(of: model)
    // A magnitude of 63 rounds as coarsely as trained networks' outliers make 8 bits round.
    func error(biasCorrection: BiasCorrection?) throws -> Double {
      squaredError(
        try logits(of: quantized(.w8, reducesRange: true, biasCorrection: biasCorrection)),
        expected)
    }
    let before = try error(biasCorrection: nil)
    #expect(before > 0)
    #expect(try error(biasCorrection: .empirical) < 0.8 * before)
  }

  @Test func `biases are not corrected by batch norms that are folded already`() throws {
    let folded = try Model(
      Self.network, precision: .float32,
      weights: TensorArchive(
        Self.network.deployedPrograms.flatMap {
          try $0.tensors(of: model.weights, in: PrecisionPlan(.float32))
        }), path: "folded")
    let error = try #require(throws: ModelError.self) {
      try folded.quantized(
        by: PrecisionPlan(.w8), quantizing: WeightQuantization(biasCorrection: .analytic))
    }
    guard case .foldedBatchNorms("folded", let layers) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(layers.contains("Encoder_Q.bn1"))
  }

  @Test func `biases are not corrected by values that are not finite`() throws {
    let weights = try model.weights.changing([
      "Encoder_Q.res2.0.bn1.bias": { _ in 3e38 }, "Encoder_Q.res2.0.conv2.weight": { _ in 1 },
    ])
    let odd = try Model(Self.network, precision: .float32, weights: weights, path: "odd")
    let error = try #require(throws: QuantizationError.self) {
      try odd.quantized(
        by: PrecisionPlan(.w8), statistics: Self.statistics(of: odd, over: clip),
        quantizing: WeightQuantization(biasCorrection: .empirical))
    }
    // What is not finite comes back through the masks, so that the first is in the memory's encoder.
    guard case .nonFinite("memorize", "Encoder_M.maxpool", let count, _) = error, count > 0 else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `equalized channels lose less where they are of different widths`() throws {
    let uneven = try Self.uneven(model)
    let statistics = try Self.statistics(of: uneven, over: clip)
    let expected = try values(in: uneven)
    let plan = PrecisionPlan(.float32, exceptions: ["Encoder_Q.res2.0.conv2": .int8])
    func found(equalizes: Bool) throws -> [Double] {
      let weights = try uneven.quantized(
        by: plan, statistics: statistics, quantizing: WeightQuantization(equalizes: equalizes))
      return try values(in: Model(Self.network, plan: plan, weights: weights, path: "int8"))
    }
    let error = squaredError(try found(equalizes: false), expected)
    #expect(error > 0)
    #expect(squaredError(try found(equalizes: true), expected) < 0.5 * error)
  }

  @Test func `equalized channels compute the same before anything is rounded`() throws {
    let uneven = try Self.uneven(model)
    let statistics = try Self.statistics(of: uneven, over: clip)
    let expected = try values(in: uneven)
    let plan = PrecisionPlan(.float32)
    let equalization = try Equalization(
      of: Self.network.deployedPrograms, statistics)
    let weights = try TensorArchive(
      Self.network.deployedPrograms.flatMap {
        try $0.tensors(of: uneven.weights, in: plan, equalization: equalization)
      })
    let scaled = try values(in: Model(Self.network, plan: plan, weights: weights, path: "fp32"))
    let energy = expected.reduce(0) { $0 + $1 * $1 }
    #expect(scaled != expected)
    #expect(squaredError(scaled, expected) < 1e-10 * energy)
  }

  @Test func `statistics without channels, or of other ones, are refused by name`() throws {
    var bare = statistics
    let value = "Encoder_Q.res2.0.relu1"
    bare.values["query"]?[value]?.channels = nil
    #expect(
      throws: QuantizationError.channels(program: "query", value: value, expected: 2, found: 0)
    ) {
      try model.quantized(
        by: PrecisionPlan(.int8), statistics: bare,
        quantizing: WeightQuantization(equalizes: true))
    }
    bare.values["query"]?[value]?.channels = ChannelStatistics(
      minimum: [0], maximum: [1], mean: [0.5])
    #expect(
      throws: QuantizationError.channels(program: "query", value: value, expected: 2, found: 1)
    ) {
      try model.quantized(
        by: PrecisionPlan(.w8), statistics: bare,
        quantizing: WeightQuantization(biasCorrection: .empirical))
    }
  }

  @Test func `a value with a range that somebody decided on is not scaled`() throws {
    var decided = statistics
    let range = ValueRange(minimum: 0, maximum: 3)
    decided.values["query"]?["Encoder_Q.res2.0.relu1"]?.range = range
    let weights = try model.quantized(
      by: PrecisionPlan(.int8), statistics: decided,
      quantizing: WeightQuantization(equalizes: true))
    #expect(try weights.floats("Encoder_Q.res2.0.conv2.input.scale").values == [3 / 255])
  }

  @Test func `kernels rounded by patches lower the error of a layer and of the logits`() throws {
    let samples = try PatchSamples.collect(
      of: model, for: [PrecisionPlan(.w8)], over: [clip], backend: ReferenceBackend(threads: 2))
    let adaptive = AdaptiveRounding(samples)
    func quantized(_ plan: PrecisionPlan, _ rounding: AdaptiveRounding?) throws -> Model {
      let weights = try model.quantized(
        by: plan, statistics: statistics,
        quantizing: WeightQuantization(
          reducesRange: true, biasCorrection: .empirical, rounding: rounding))
      return try Model(Self.network, plan: plan, weights: weights, path: "quantized")
    }
    let key = PrecisionPlan(.float32, exceptions: ["KV_Q_r4.Key": .w8])
    func error(_ rounding: AdaptiveRounding?) throws -> (key: Double, logits: Double) {
      (
        squaredError(
          try values(in: quantized(key, rounding)), try values(in: model)),
        squaredError(
          try logits(of: quantized(PrecisionPlan(.w8), rounding)), try logits(of: model))
      )
    }
    let (nearest, found) = (try error(nil), try error(adaptive))
    #expect(nearest.key > 0)
    #expect(found.key < 0.5 * nearest.key)
    #expect(found.logits < 0.9 * nearest.logits)
  }

  private func quantized(
    _ precision: Precision, reducesRange: Bool = false, biasCorrection: BiasCorrection? = nil
  ) throws -> Model {
    let plan = PrecisionPlan(precision)
    return try Model(
      Self.network, plan: plan,
      weights: try model.quantized(
        by: plan, statistics: statistics,
        quantizing: WeightQuantization(
          reducesRange: reducesRange, biasCorrection: biasCorrection)),
      path: "quantized")
  }

  /// `model` with a residual block whose channels are seldom 0, one of them 20 times as wide as the
  /// other.
  private static func uneven(_ model: Model) throws -> Model {
    let block = "Encoder_Q.res2.0"
    let entries = try model.weights.entries.map { entry -> TensorArchive.Entry in
      guard entry.name.hasPrefix("\(block).") else { return entry }
      var tensor = entry.elementType == .int64 ? nil : try entry.floats()
      switch entry.name.dropFirst(block.count + 1) {
      case "bn1.weight": tensor?.values[0] *= 20
      case "bn1.bias": tensor?.values = [20, 1]
      case "bn2.bias": tensor?.values = [1, 1]
      case "conv2.weight":
        let taps = 9
        for index in 0..<4 * taps where index / taps % 2 == 0 { tensor?.values[index] /= 20 }
      default: return entry
      }
      return tensor.map { .init(name: entry.name, tensor: Tensor($0), source: entry.source) }
        ?? entry
    }
    return try Model(
      network, precision: .float32, weights: TensorArchive(entries), path: "uneven")
  }

  private func squaredError(_ found: [Double], _ expected: [Double]) -> Double {
    zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// The keys of the clip's second frame, whose channels no repair scales.
  private func values(in model: Model) throws -> [Double] {
    var found: [Double] = []
    try run(model, "KV_Q_r4.Key") { found = $0.values.map(Double.init) }
    return found
  }

  /// The teacher-forced logits of `model` over the clip, on masks of the binary32 model.
  private func logits(of model: Model) throws -> [Double] {
    let backend = ReferenceBackend(threads: 2)
    let networks = try [self.model, model].map { try CompiledNetwork($0, backend: backend) }
    var loops = networks.map { VideoSegmentation($0, height: clip.height, width: clip.width) }
    var probabilities = clip.firstMask.probabilities(of: clip.objects)
    var logits: [Double] = []
    for index in 1..<clip.frameCount {
      for loop in loops.indices {
        try loops[loop].memorize(
          frame: try clip.frame(index - 1), probabilities: probabilities)
      }
      probabilities = try loops[0].segment(frame: try clip.frame(index)).probabilities
      logits += try loops[1].segment(frame: try clip.frame(index)).logits.values.map(Double.init)
    }
    return logits
  }

  /// The mean of each channel of what `layer` makes of the clip's second frame.
  private func means(of layer: String, in model: Model) throws -> [Double] {
    var means: [Double] = []
    try run(model, layer) { value in
      let plane = value.shape[2] * value.shape[3]
      means = (0..<value.shape[1]).map { channel in
        value.values[channel * plane..<(channel + 1) * plane].reduce(0) { $0 + Double($1) }
          / Double(plane)
      }
    }
    return means
  }

  private func run(_ model: Model, _ value: String, _ receive: (FloatTensor) -> Void) throws {
    let padding = FramePadding(height: clip.height, width: clip.width)
    try withoutActuallyEscaping(receive) { receive in
      _ = try ReferenceBackend(threads: 2).compile(model.deployed(Self.network.query)).run(
        ["frame": padding.pad(try clip.frame(1))], taps: Taps([value]) { receive($1) })
    }
  }
}
