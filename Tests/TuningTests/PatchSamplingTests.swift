import Execution
import Models
import Networks
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import Tuning

@Suite struct PatchSamplingTests {
  private static let network = STMNetwork(.tiny)
  private let model: Model
  private let clip: Clip

  init() throws {
    model = try Model.random()
    clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
  }

  @Test(arguments: [
    "Encoder_M.conv1", "Encoder_Q.conv1", "Encoder_Q.res3.0.downsample.0", "KV_Q_r4.Key",
    "Decoder.RF2.convFS",
  ])
  func `a kernel makes of patches what the layer makes at some place of the clip`(
    layer: String
  ) throws {
    let program = try #require(
      Self.network.deployedPrograms.first { $0.steps.contains { $0.layer == layer } })
    let step = try #require(program.steps.first { $0.layer == layer })
    let parameters = try StepParameters(of: step, in: model.weights)
    let patches = try #require(try collect(count: 64)[layer])
    #expect((8...80).contains(patches.count))
    let made = try values(of: step.name, in: program.name)
    for patch in patches.all {
      let outputs = try #require(Self.outputs(of: step, parameters, patch))
      for (channel, (expected, size)) in outputs.enumerated() {
        let isMade = made[channel].contains { abs(Double($0) - expected) < 0x1p-8 * size }
        #expect(isMade, "\(expected) of channel \(channel)")
      }
    }
  }

  /// What a convolution makes of `patch`, a channel each, and the sum of what it adds up; nil: it is
  /// no convolution.
  private static func outputs(
    of step: Step, _ parameters: StepParameters, _ patch: [Float]
  ) -> [(value: Double, size: Double)]? {
    guard case .convolution(let weight, let bias, let normalization) = parameters,
      let kernel = step.convolution?.kernel
    else { return nil }
    return (0..<weight.shape[0]).map { output in
      var sum = Double(bias?[output] ?? 0)
      var size = abs(sum)
      for (index, number) in patch.enumerated() {
        let channel = index / (kernel * kernel)
        let (mean, deviation) =
          normalization.map { ($0.mean[channel], $0.deviation[channel]) } ?? (0, 1)
        let factor = Double(weight.values[output * patch.count + index])
        let product = factor * Double((number - mean) / deviation)
        sum += product
        // Patches are rounded to bfloat16, frames in steps before the mean is taken off.
        size += abs(product) + abs(factor / Double(deviation))
      }
      return (step.appliesReLU ? max(sum, 0) : sum, size)
    }
  }

  @Test func `patches are taken of integers' layers alone, and are the same every time`() throws {
    let plan = PrecisionPlan(.float32, exceptions: ["Decoder.convFM": .int8])
    let some = try collect(count: 8, plan)
    #expect(Array(some.keys) == ["Decoder.convFM"])
    #expect(try collect(count: 8)["Decoder.convFM"]?.all == some["Decoder.convFM"]?.all)
  }

  private func collect(
    count: Int, _ plan: PrecisionPlan = PrecisionPlan(.int8)
  ) throws -> [String: PatchSamples] {
    try PatchSamples.collect(
      of: model, for: [plan], over: [clip], count: count, backend: ReferenceBackend(threads: 2))
  }

  /// All values of each channel of `value` over the clip.
  private func values(of value: String, in program: String) throws -> [[Float]] {
    let network = try CompiledNetwork(model, backend: ReferenceBackend(threads: 2))
    var channels: [[Float]] = []
    let taps = network.programs.map { compiled in
      compiled.bound.program.name == program
        ? Taps([value]) { _, tensor in
          let plane = tensor.shape[2] * tensor.shape[3]
          if channels.isEmpty { channels = Array(repeating: [], count: tensor.shape[1]) }
          for start in stride(from: 0, to: tensor.values.count, by: plane) {
            channels[start / plane % tensor.shape[1]] += tensor.values[start..<start + plane]
          }
        } : .none
    }
    try network.follow(clip, frames: clip.frameCount, taps: taps) { _ in }
    return channels
  }
}
