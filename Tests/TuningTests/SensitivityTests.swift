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

@Suite struct SensitivityTests {
  private static let network = STMNetwork(.tiny)
  private static let model = Result {
    try Model.random()
  }
  private let model: Model
  private let clip: Clip

  init() throws {
    model = try Self.model.get()
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 2)
  }

  private func evaluation(_ model: Model, clips: [Clip]? = nil) throws -> PlanEvaluation {
    let backend = ReferenceBackend(threads: 2)
    var calibration = try Calibration(model, backend: backend)
    try calibration.include(clip)
    return try PlanEvaluation(
      model, PlanQuantization(statistics: calibration.statistics), backend: backend,
      clips: clips ?? [clip])
  }

  @Test func `binary32 differs in nothing from itself`() throws {
    let evaluation = try evaluation(model)
    let quality = try evaluation.quality(of: PrecisionPlan(.float32))
    #expect(quality.noise == 0 && quality.iou == 1 && quality.sqnr == .infinity)
    #expect(quality.clips.map(\.name) == ["clip"])
  }

  @Test func `what was measured before changes no measurement`() throws {
    let evaluation = try evaluation(model)
    let plans = [
      PrecisionPlan(.int8), PrecisionPlan(.float32, exceptions: ["KV_Q_r4.Value": .int8]),
      PrecisionPlan(.int8, exceptions: ["Decoder.pred2": .float16]), PrecisionPlan(.bfloat16),
    ]
    let first = try plans.map { try evaluation.quality(of: $0) }
    #expect(Set(first.map(\.noise)).count == plans.count)
    #expect(try plans.reversed().map { try evaluation.quality(of: $0) } == first.reversed())
  }

  @Test func `a measurement is that of the loop with the reference's masks`() throws {
    let clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
    let evaluation = try evaluation(model, clips: [clip])
    let plan = PrecisionPlan(.w8)
    let candidate = try Model(
      Self.network, plan: plan, weights: try model.quantized(by: plan), path: "w8")
    func segmentation(_ model: Model) throws -> VideoSegmentation {
      VideoSegmentation(
        try CompiledNetwork(model, backend: ReferenceBackend(threads: 2)), height: clip.height,
        width: clip.width)
    }
    var (leader, forced) = (try segmentation(model), try segmentation(candidate))
    var probabilities = clip.firstMask.probabilities(of: clip.objects)
    var (error, signal) = (0.0, 0.0)
    for index in 1..<clip.frameCount {
      let before = try clip.frame(index - 1)
      try leader.memorize(frame: before, probabilities: probabilities)
      try forced.memorize(frame: before, probabilities: probabilities)
      let led = try leader.segment(frame: try clip.frame(index))
      let followed = try forced.segment(frame: try clip.frame(index))
      probabilities = led.probabilities
      for (a, b) in zip(led.logits.values, followed.logits.values) {
        error += Double(a - b) * Double(a - b)
        signal += Double(a) * Double(a)
      }
    }
    let noise = try evaluation.quality(of: plan).noise
    #expect(abs(noise - error / signal) < 1e-9 * error / signal)
  }

  @Test(arguments: ["Decoder.convFM", "Decoder.RF2.ResMM.conv2", "Encoder_M.res2.0.conv3"])
  func `what a layer reads alone makes noise, and with rounded weights about that of int8`(
    layer: String
  ) throws {
    let evaluation = try evaluation(model)
    func noise(_ precision: Precision) throws -> Double {
      try evaluation.quality(of: PrecisionPlan(.float32, exceptions: [layer: precision])).noise
    }
    let operand = try evaluation.quality(
      of: PrecisionPlan(.float32, exceptions: [layer: .int8]), withFloatKernelsOf: [layer]
    ).noise
    let (weights, both) = (try noise(.w8), try noise(.int8))
    #expect(operand > 0 && weights > 0)
    #expect(both > 0.5 * (operand + weights) && both < 2 * (operand + weights))
  }

  @Test func `the layer with an outlier among its weights does most harm, by its weights`() throws {
    let layer = "KV_Q_r4.Value"
    let entries = try model.weights.entries.map { entry -> TensorArchive.Entry in
      guard entry.name == "\(layer).weight" else { return entry }
      var weight = try entry.tensor().floats()
      let channel = weight.shape.elementCount / weight.shape[0]
      // One tap of each output channel, of an input that is nearly always 0 there, sets the scale.
      for output in 0..<weight.shape[0] {
        weight.values[output * channel] = 60 * (weight.values[(output + 1) * channel - 1] + 0.1)
      }
      return .init(name: entry.name, tensor: Tensor(weight))
    }
    let odd = try Model(
      Self.network, precision: .float32, weights: try TensorArchive(entries), path: "odd")
    var steps: [Int] = []
    let sensitivity = try Sensitivity(of: try evaluation(odd)) { done, total in
      steps.append(done)
      #expect(done <= total)
    }
    #expect(steps == Array(1...steps.count))
    let worst = try #require(sensitivity.layers.first)
    #expect(worst.name == layer && worst.program == "query")
    #expect(try #require(worst.weights).noise > 0.5 * worst.alone.noise)
    let convolutions = Self.network.deployedPrograms.flatMap(\.steps).count {
      $0.convolution != nil
    }
    #expect(sensitivity.layers.count == convolutions + 1)
    #expect(steps.count == 1 + 4 * convolutions + 2)
    #expect(worst.keptWide.noise < sensitivity.int8.noise)
  }

  @Test func `the noises of a program's layers add up to about that of all of them`() throws {
    let evaluation = try evaluation(model)
    let layers = Self.network.deployedPrograms[1].steps.filter { $0.convolution != nil }
      .map(\.layer)
    let sum = try layers.reduce(0) {
      try $0 + evaluation.quality(of: PrecisionPlan(.float32, exceptions: [$1: .w8])).noise
    }
    let whole = try evaluation.quality(
      of: PrecisionPlan(
        .float32, exceptions: Dictionary(uniqueKeysWithValues: layers.map { ($0, .w8) }))
    ).noise
    #expect(whole > 0.5 * sum && whole < 2 * sum)
  }

  @Test func `without a clip, or with another precision, there is nothing to hold against`() throws
  {
    let model = model
    #expect(throws: TuningError.noClips) { try evaluation(model, clips: []) }
    let half = try Model(
      Self.network, precision: .float16, weights: model.quantized(by: PrecisionPlan(.float16)),
      path: "half")
    #expect(throws: ModelError.alreadyQuantized(path: "half", precision: "fp16")) {
      try PlanEvaluation(
        half, PlanQuantization(), backend: ReferenceBackend(), clips: [clip])
    }
  }
}
