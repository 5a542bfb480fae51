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
    model = try Model(
      Self.network, precision: .float32,
      weights: try TensorArchive.random(Self.network.parameters, seed: 1), path: "tiny")
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
  }

  @Test func `every value that int8 can hold has a range, and no other`() throws {
    let statistics = try calibrated(times: 1)
    for graph in Self.network.graphs {
      let program = Program(deploying: graph)
      let owners = Set(program.integerValues.map(program.quantizationOwner))
      #expect(
        Set(try #require(statistics.ranges[program.name]).keys) == owners.union(program.memories))
    }
  }

  @Test func `ranges are those of the values: masks from 0 to 1, what a ReLU made from 0`() throws {
    let ranges = try calibrated(times: 1).ranges
    let mask = try #require(ranges["memorize"]?["mask"])
    #expect(mask.minimum == 0 && mask.maximum == 1)
    let rectified = try #require(ranges["query"]?["Encoder_Q.relu"])
    #expect(rectified.minimum == 0 && rectified.maximum > 0)
  }

  @Test func `residuals and sums with an upsampling have ranges of their own, on both sides of 0`()
    throws
  {
    let ranges = try calibrated(times: 1).ranges
    for (program, value) in [
      ("query", "Encoder_Q.res2.0.downsample.1"), ("decode", "Decoder.ResMM.add"),
      ("decode", "Decoder.RF3.add"), ("decode", "Decoder.RF2.add"),
    ] {
      let range = try #require(ranges[program]?[value], "\(value)")
      #expect(range.minimum < 0 && range.maximum > 0, "\(value)")
    }
  }

  @Test func `the range of normalized frames is that of the segmented frames and the padding`()
    throws
  {
    let mean = try model.weights.floats("Encoder_Q.mean").values
    let deviation = try model.weights.floats("Encoder_Q.std").values
    var expected = ValueRange()
    for index in 1..<clip.frameCount {
      let frame = try clip.frame(index)
      let plane = clip.width * clip.height
      for channel in 0..<3 {
        let pixels = frame.values[channel * plane..<(channel + 1) * plane] + [0]
        expected.include(pixels.map { ($0 - mean[channel]) / deviation[channel] })
      }
    }
    let ranges = try calibrated(times: 1).ranges
    #expect(ranges["query"]?["Encoder_Q.normalize"] == expected)
  }

  @Test func `the same clip again changes nothing, and every frame is reported`() throws {
    let (once, twice) = (try calibrated(times: 1), try calibrated(times: 2))
    #expect(once == twice)
    var calibration = Calibration(try CompiledNetwork(model, backend: ReferenceBackend(threads: 1)))
    var seen: [Int] = []
    try calibration.include(clip) { seen.append($0) }
    #expect(seen == [1, 2])
  }

  @Test func `a memory's range is that of the keys or values that entered it`() throws {
    let backend = ReferenceBackend(threads: 2)
    let compiled = try backend.compile(model.deployed(Self.network.memorize))
    let masks = clip.firstMask.probabilities(objectCount: clip.objectCount)
      .sliced(1..<clip.objectCount + 1, axis: 0)
    let padding = FramePadding(height: clip.height, width: clip.width)
    let padded = padding.pad(masks)
    let outputs = try compiled.run([
      "frame": padding.pad(try clip.frame(0)), "mask": padded,
      "others": VideoSegmentation.others(padded),
    ])
    let two = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2)
    var calibration = Calibration(try CompiledNetwork(model, backend: backend))
    try calibration.include(two)
    for (output, memory) in [("key", "memory_keys"), ("value", "memory_values")] {
      var expected = ValueRange()
      expected.include(try #require(outputs[output]).values)
      #expect(calibration.statistics.ranges["decode"]?[memory] == expected)
      #expect(expected.minimum < 0 && expected.maximum > 0)
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
    let weights = try model.quantized(by: plan, statistics: try calibrated(times: 1))
    let int8 = try Model(Self.network, plan: plan, weights: weights, path: "quantized")
    try Self.check(PlanCoverage(of: Self.network, in: plan, height: 32, width: 32), on: int8)
    var segmentation = VideoSegmentation(
      try CompiledNetwork(int8, backend: ReferenceBackend(threads: 2)), height: clip.height,
      width: clip.width)
    try segmentation.memorize(
      frame: try clip.frame(0),
      probabilities: clip.firstMask.probabilities(objectCount: clip.objectCount))
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
        // A normalization computes in binary32, whatever becomes of its result.
        guard layer.name.hasSuffix(".normalize") == false || held != .int8 else { continue }
        #expect(layer.precision == bound.arithmetic(of: step), "\(layer.name)")
      }
    }
    let decode = try model.deployed(model.network.decode)
    for memory in coverage.memories {
      #expect((memory.precision == .int8) == decode.storage(of: memory.name).isQuantized)
    }
  }

  private func calibrated(times: Int) throws -> CalibrationStatistics {
    var calibration = Calibration(try CompiledNetwork(model, backend: ReferenceBackend(threads: 2)))
    for _ in 0..<times { try calibration.include(clip) }
    return calibration.statistics
  }
}
