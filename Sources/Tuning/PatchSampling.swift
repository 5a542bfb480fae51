public import Execution
public import Models
import Networks
public import Quantization
public import Segmentation
import Tensors

extension PatchSamples {
  /// About how many patches of each layer are enough: 4 KiB for each weight of an output channel.
  public static let standardCount = 2048

  /// About `count` patches of what each layer reads whose kernel is of integers in one of `plans`, by
  /// the layer's name, while `model` segments `clips` in binary32 in the real loop.
  ///
  /// Positions follow from the number of the call alone: Weyl's sequence spreads them evenly, at other
  /// places in each frame. Padding is what it stands for: the mean where a convolution normalizes an
  /// image. `progress` is told how many frames of all clips are done. Throws what compiling, reading
  /// clips and running the programs throw.
  public static func collect(
    of model: Model, for plans: [PrecisionPlan], over clips: [Clip], count: Int = standardCount,
    backend: any Backend, progress: (Int) -> Void = { _ in }
  ) throws -> [String: PatchSamples] {
    let network = try CompiledNetwork(model, backend: backend)
    let total = clips.reduce(0) { $0 + max($1.frameCount - 1, 0) }
    let perCall = max(1, (count + total - 1) / max(total, 1))
    var places: [String: PatchPlaces] = [:]
    for program in network.programs.map(\.bound) {
      for step in program.program.steps where plans.contains(where: { $0[step].hasIntegerWeights })
      {
        places[step.layer] = PatchPlaces(of: step, in: program)
      }
    }
    let taps = network.programs.map { compiled in
      let steps = compiled.bound.program.steps.filter { places[$0.layer] != nil }
      return Taps(Set(steps.map { $0.inputs[0] })) { name, value in
        for step in steps where step.inputs[0] == name {
          places[step.layer]?.take(perCall, of: value)
        }
      }
    }
    var done = 0
    for clip in clips {
      try network.follow(clip, frames: clip.frameCount, taps: taps) { progress(done + $0) }
      done += max(clip.frameCount - 1, 0)
    }
    return places.mapValues(\.samples)
  }
}

/// The patches of one convolution.
private struct PatchPlaces {
  private(set) var samples: PatchSamples
  private let geometry: Convolution
  private let padding: [Float]
  private var taken = 0

  /// No patches yet of what `step` reads; nil: it is no convolution.
  init?(of step: Step, in bound: BoundProgram) {
    guard let geometry = step.convolution else { return nil }
    self.geometry = geometry
    samples = PatchSamples(
      patchSize: geometry.inputChannels * geometry.kernel * geometry.kernel)
    padding =
      if case .float(.convolution(_, _, let normalization?)) = bound.parameters(of: step) {
        normalization.mean
      } else { [Float](repeating: 0, count: geometry.inputChannels) }
  }

  /// Takes `count` patches of `value` `[N, C, H, W]`, or as many as there are.
  mutating func take(_ count: Int, of value: FloatTensor) {
    let (height, width) = (
      geometry.outputSize(value.shape[2]), geometry.outputSize(value.shape[3])
    )
    let total = value.shape[0] * height * width
    for _ in 0..<min(count, total) {
      let turn = UInt32(truncatingIfNeeded: taken) &* 2_654_435_769
      let position = Int((UInt64(turn) * UInt64(total)) >> UInt64(32))
      let (image, place) = position.quotientAndRemainder(dividingBy: height * width)
      let (y, x) = place.quotientAndRemainder(dividingBy: width)
      samples.append(patch(of: value, image, y, x))
      taken += 1
    }
  }

  private func patch(of value: FloatTensor, _ image: Int, _ y: Int, _ x: Int) -> [Float] {
    let (height, width) = (value.shape[2], value.shape[3])
    let top = y * geometry.stride - geometry.padding
    let left = x * geometry.stride - geometry.padding
    var patch: [Float] = []
    patch.reserveCapacity(samples.patchSize)
    for channel in 0..<geometry.inputChannels {
      let plane = (image * geometry.inputChannels + channel) * height * width
      for row in top..<top + geometry.kernel {
        for column in left..<left + geometry.kernel {
          let isInside = (0..<height).contains(row) && (0..<width).contains(column)
          patch.append(
            isInside ? value.values[plane + row * width + column] : padding[channel])
        }
      }
    }
    return patch
  }
}
