public import Execution
public import Models
import Networks
public import Quantization
public import Segmentation
public import Tensors

/// Makes biases take up what the rounding of kernels adds to the mean of each output channel.
///
/// A kernel's rounding error adds `Σ (ŵ - w) · x` to a result. What a convolution reads is mostly not
/// negative, so the mean of that is seldom 0, and errors of means add up from layer to layer. The
/// means of `x`, one for each input channel and tap, are taken where the binary32 model segments
/// clips; those of an image are less the mean that is subtracted from it. After Nagel et al., *Data-Free Quantization Through Weight Equalization and Bias Correction*
/// (ICCV 2019), section 4.2.
public struct BiasCorrection: Sendable {
  private let means: [String: [Double]]

  /// How many frames of each clip are looked at, at most.
  public static let frames = 4
  /// How many positions of a value are looked at in one frame.
  private static let positions = 256

  /// Takes means over the first ``frames`` frames of each of `clips`; the loop is the real one, as in
  /// ``Calibration``. `progress` is told how many frames of all have been segmented.
  ///
  /// Throws ``Models/ModelError/alreadyQuantized(path:precision:)`` unless `model` is in binary32, or
  /// what reading clips and running the programs throw.
  public init(
    _ model: Model, backend: any Backend, clips: [Clip], progress: (Int) -> Void = { _ in }
  ) throws {
    try model.requireFloat32()
    let network = try CompiledNetwork(model, backend: backend)
    let recorder = Recorder()
    let taps = network.programs.map { recorder.taps($0.bound) }
    var done = 0
    for clip in clips {
      let before = done
      try network.follow(clip, frames: Self.frames, taps: taps) {
        done = before + $0
        progress(done)
      }
    }
    means = recorder.sums.mapValues { sums in sums.values.map { $0 / Double(sums.count) } }
  }

  /// What has to be added to the bias of `layer`, for each output channel, once its kernel `weight`
  /// `[out, in, kh, kw]` is `quantized`; nil: nothing was seen of the layer.
  public func shift(
    _ layer: String, _ weight: FloatTensor, _ quantized: QuantizedWeight
  ) -> [Float]? {
    guard let means = means[layer] else { return nil }
    return quantized.scales.enumerated().map { output, scale in
      var shift = 0.0
      for (index, mean) in means.enumerated() {
        let position = output * means.count + index
        let rounded = Double(quantized.integers[position]) * Double(scale)
        shift += (Double(weight.values[position]) - rounded) * mean
      }
      return Float(shift)
    }
  }

  /// Adds up what convolutions read.
  private final class Recorder {
    private(set) var sums: [String: (values: [Double], count: Int)] = [:]
    private var frames: [String: Int] = [:]

    func taps(_ bound: BoundProgram) -> Taps {
      let readers = Dictionary(grouping: bound.program.steps.filter { $0.convolution != nil }) {
        $0.inputs[0]
      }
      return Taps(Set(readers.keys)) { name, value in
        for step in readers[name] ?? [] {
          guard case .float(.convolution(_, _, let normalization)) = bound.parameters(of: step)
          else { continue }
          self.include(value, of: step, less: normalization?.mean)
        }
      }
    }

    /// Adds what `step` reads of `x`; `mean` is what it subtracts from each channel. Padding counts
    /// as 0, which is what it is then.
    private func include(_ x: FloatTensor, of step: Step, less mean: [Float]?) {
      guard let geometry = step.convolution else { return }
      let (taps, step) = (geometry.kernel * geometry.kernel, step.layer)
      let (height, width) = (geometry.outputSize(x.shape[2]), geometry.outputSize(x.shape[3]))
      let total = x.shape[0] * height * width
      let frame = frames[step, default: 0]
      frames[step] = frame + 1
      var sum = sums[step] ?? ([Double](repeating: 0, count: geometry.inputChannels * taps), 0)
      for sample in 0..<BiasCorrection.positions {
        // Multiples of the golden ratio, modulo 1, are spread evenly.
        let turn = UInt32(truncatingIfNeeded: frame * BiasCorrection.positions + sample)
        let position = Int((UInt64(turn &* 2_654_435_769) * UInt64(total)) >> 32)
        let (image, pixel) = position.quotientAndRemainder(dividingBy: height * width)
        let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
        for tap in 0..<taps {
          let y = row * geometry.stride + tap / geometry.kernel - geometry.padding
          let x0 = column * geometry.stride + tap % geometry.kernel - geometry.padding
          guard (0..<x.shape[2]).contains(y), (0..<x.shape[3]).contains(x0) else { continue }
          for channel in 0..<geometry.inputChannels {
            let plane = image * geometry.inputChannels + channel
            let value = x.values[(plane * x.shape[2] + y) * x.shape[3] + x0]
            sum.values[channel * taps + tap] += Double(value) - Double(mean?[channel] ?? 0)
          }
        }
      }
      sum.count += BiasCorrection.positions
      sums[step] = sum
    }
  }
}
