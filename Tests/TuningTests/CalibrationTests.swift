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

@Suite struct CalibrationTests {
  private static let network = STMNetwork(.tiny)
  private let model: Model
  private let clip: Clip

  init() throws {
    model = try Model.random()
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
  }

  @Test func `every value that decides about a range has statistics, the memories too`() throws {
    let statistics = try calibrated([clip])
    for graph in Self.network.graphs {
      let program = Program(deploying: graph)
      let owners = Set((program.inputs + program.steps.map(\.name)).map(program.quantizationOwner))
      let read = program.steps.filter { $0.convolution != nil }.map { $0.inputs[0] }
      #expect(
        Set(try #require(statistics.values[program.name]).keys) == owners.union(read))
    }
    #expect(statistics.model == (try model.fingerprint))
  }

  @Test func `ranges are those of the values: masks from 0 to 1, what a ReLU made from 0`() throws {
    let values = try calibrated([clip]).values
    let mask = try #require(values["memorize"]?["mask"]).histogram
    #expect(mask.minimum == 0 && mask.maximum == 1)
    let rectified = try #require(values["query"]?["Encoder_Q.relu"]).histogram
    #expect(rectified.minimum == 0 && rectified.maximum > 0)
  }

  @Test func `residuals and sums with an upsampling have ranges of their own, on both sides of 0`()
    throws
  {
    let values = try calibrated([clip]).values
    for (program, value) in [
      ("query", "Encoder_Q.res2.0.downsample.1"), ("decode", "Decoder.ResMM.add"),
      ("decode", "Decoder.RF3.add"), ("decode", "Decoder.RF2.add"),
    ] {
      let seen = try #require(values[program]?[value], "\(value)").histogram
      #expect(seen.minimum < 0 && seen.maximum > 0, "\(value)")
    }
  }

  @Test func `every element of every frame is counted: those of segmented frames and the padding`()
    throws
  {
    let padding = FramePadding(height: clip.height, width: clip.width)
    var expected: [Float] = []
    for index in 1..<clip.frameCount {
      expected += padding.pad(try clip.frame(index)).values
    }
    let seen = try calibrated([clip]).values["query"]?["frame"]?.histogram
    #expect(seen == ValueHistogram(of: expected))
  }

  @Test func `what convolutions read has the minimum, maximum and mean of each channel`() throws {
    var elements: [[Float]] = []
    let padding = FramePadding(height: clip.height, width: clip.width)
    let compiled = try ReferenceBackend(threads: 2).compile(model.deployed(Self.network.query))
    for index in 1..<clip.frameCount {
      _ = try compiled.run(
        ["frame": padding.pad(try clip.frame(index))],
        taps: Taps(["Encoder_Q.res2.0.relu1"]) { _, value in
          let plane = value.shape[2] * value.shape[3]
          if elements.isEmpty { elements = Array(repeating: [], count: value.shape[1]) }
          for channel in elements.indices {
            elements[channel] += value.values[channel * plane..<(channel + 1) * plane]
          }
        })
    }
    let channels = try #require(
      calibrated([clip]).values["query"]?["Encoder_Q.res2.0.relu1"]?.channels)
    #expect(channels.minimum == elements.map { $0.min() })
    #expect(channels.maximum == elements.map { $0.max() })
    for (found, channel) in zip(channels.mean, elements) {
      let mean = channel.reduce(0) { $0 + Double($1) } / Double(channel.count)
      #expect(abs(Double(found) - mean) <= 1e-5 * max(abs(mean), 1e-2))
    }
  }

  @Test func `a memory counts each frame once, when it enters`() throws {
    let values = try calibrated([clip]).values
    let keys = try #require(values["decode"]?["memory_keys"])
    #expect(keys.histogram == values["memorize"]?["KV_M_r4.Key"]?.histogram)
    #expect(keys.histogram.count > 0)
    #expect(
      values["decode"]?["memory_values"]?.histogram
        == values["memorize"]?["KV_M_r4.Value"]?.histogram)
  }

  @Test func `statistics depend neither on the order of clips nor on threads`() throws {
    let other = try Clip(path: SampleWeights.path("clip"), longEdge: 48, maximumFrames: 2)
    let statistics = try calibrated([clip, other])
    #expect(try calibrated([other, clip], threads: 1) == statistics)
    #expect(try calibrated([other, clip], threads: 3).json == statistics.json)
    #expect(statistics.clips.map(\.frames) == [2, 3])
  }

  @Test func `the same clip again counts twice within the same ranges, and frames are reported`()
    throws
  {
    let (once, twice) = (try calibrated([clip]), try calibrated([clip, clip]))
    for (program, values) in once.values {
      for (name, seen) in values {
        var doubled = seen.histogram
        doubled.merge(seen.histogram)
        #expect(twice.values[program]?[name]?.histogram == doubled, "\(name)")
      }
    }
    var calibration = try Calibration(model, backend: ReferenceBackend(threads: 1))
    var frames: [Int] = []
    try calibration.include(clip) { frames.append($0) }
    #expect(frames == [1, 2])
  }

  @Test func `a model in another precision is refused`() throws {
    let half = try Model(
      Self.network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "half")
    #expect(throws: ModelError.alreadyQuantized(path: "half", precision: "fp16")) {
      try Calibration(half, backend: ReferenceBackend())
    }
  }

  @Test func `a value that overflowed is counted, and refused by name when its range is asked for`()
    throws
  {
    let entries = model.weights.entries.map { entry in
      guard entry.name == "KV_Q_r4.Key.weight" else { return entry }
      let values = [Float](repeating: 3e38, count: entry.shape.elementCount)
      return .init(
        name: entry.name, tensor: Tensor(FloatTensor(shape: entry.shape, values: values)))
    }
    let odd = try Model(
      Self.network, precision: .float32, weights: try TensorArchive(entries), path: "odd")
    var calibration = try Calibration(odd, backend: ReferenceBackend(threads: 2))
    try calibration.include(
      try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2))
    let key = try #require(calibration.statistics.values["query"]?["KV_Q_r4.Key"]).histogram
    #expect(key.nonFiniteCount > 0)
    let error = try #require(throws: QuantizationError.self) {
      try odd.quantized(by: PrecisionPlan(.int8), statistics: calibration.statistics)
    }
    guard case .nonFinite("decode", "Memory.concatenate", let count, _) = error, count > 0 else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: [
    PrecisionPlan(.int8),
    PrecisionPlan(.int8, memories: ["memory_keys": .int8, "memory_values": .int8]),
    PrecisionPlan(
      .bfloat16, exceptions: ["Decoder.RF2.ResMM.conv1": .int8, "Decoder.pred2": .w8],
      memories: ["memory_keys": .float16, "memory_values": .int8]),
  ])
  func `a calibrated model of a plan is complete and runs`(plan: PrecisionPlan) throws {
    let weights = try model.quantized(
      by: plan, statistics: try calibrated([clip]), method: .mse)
    let int8 = try Model(Self.network, plan: plan, weights: weights, path: "quantized")
    try Self.check(PlanCoverage(of: Self.network, in: plan, height: 32, width: 32), on: int8)
    var segmentation = VideoSegmentation(
      try CompiledNetwork(int8, backend: ReferenceBackend(threads: 2)), height: clip.height,
      width: clip.width)
    try segmentation.memorize(
      frame: try clip.frame(0),
      probabilities: clip.firstMask.probabilities(of: clip.objects))
    let result = try segmentation.segment(frame: try clip.frame(1))
    #expect(result.probabilities.values.allSatisfy { $0 >= 0 && $0 <= 1 })
  }

  /// Checks that what `coverage` says of every layer is how `model` is bound.
  private static func check(_ coverage: PlanCoverage, on model: Model) throws {
    var layers = coverage.layers[...]
    for graph in model.network.graphs {
      let bound = try model.deployed(graph)
      for step in bound.program.steps {
        let next = layers.popFirst()
        let layer = try #require(next)
        #expect(layer.name == step.layer)
        let isInteger = if case .integer = bound.parameters(of: step) { true } else { false }
        #expect(layer.isInteger == isInteger, "\(layer.name)")
        let held: Precision =
          switch bound.storage(of: step.name) {
          case .float32: .float32
          case .float16: .float16
          case .bfloat16: .bfloat16
          case .quantized: .int8
          }
        #expect(layer.result == held, "\(layer.name)")
        #expect(layer.precision == bound.arithmetic(of: step), "\(layer.name)")
      }
    }
    let decode = try model.deployed(model.network.decode)
    for memory in coverage.memories {
      #expect((memory.precision == .int8) == decode.storage(of: memory.name).isQuantized)
    }
  }

  private func calibrated(_ clips: [Clip], threads: Int = 2) throws -> CalibrationStatistics {
    var calibration = try Calibration(model, backend: ReferenceBackend(threads: threads))
    for clip in clips { try calibration.include(clip) }
    return calibration.statistics
  }
}
