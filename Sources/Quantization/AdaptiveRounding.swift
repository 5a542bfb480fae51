import Foundation
import Synchronization
import Tensors

/// Rounds kernels so that the results of convolutions, not the weights, are closest to what they were.
///
/// For each output channel, weight by weight, the next integer towards the weight's own value is taken
/// where that lowers
///
///     Σ ((w - ŵ) · (x - x̄))²  +  λ Σ (w - ŵ)² · Σ (x - x̄)²
///
/// over patches `x` of what the convolution reads, given all other weights; again and again until no
/// weight changes, or ``sweeps`` times. The first term is the objective of Nagel et al., *Up or Down?
/// Adaptive Rounding for Post-Training Quantization* (ICML 2020), here by coordinate descent; the
/// second, with `λ` = ``damping``, keeps few patches from deciding about many weights. Errors of the
/// mean are for the bias to take up.
///
/// A kernel that was rounded is kept, since plans that are compared round the same ones again. Integers
/// do not depend on how many threads find them.
public final class AdaptiveRounding: Sendable {
  /// How often all weights of a channel are gone through at most.
  public static let sweeps = 3
  /// How much a weight's own error counts beside that of the results.
  public static let damping: Float = 0.4

  /// A kernel to be rounded.
  struct Kernel: Sendable, Equatable {
    /// The real numbers, `[out, in, kh, kw]`.
    let weight: FloatTensor
    /// The largest magnitude that integers may have.
    let magnitude: Int8
    /// What each input channel is divided by (``Equalization``); nil: by nothing.
    let inputFactors: [Float]?
  }

  private let samples: [String: PatchSamples]
  private let progress: @Sendable (Int) -> Void
  private let kept = Mutex<[String: (kernel: Kernel, rounded: QuantizedWeight)]>([:])

  /// A rounding by `samples` of what layers read; `progress` is told how many layers are done.
  public init(
    _ samples: [String: PatchSamples], progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.samples = samples
    self.progress = progress
  }

  /// The means of what each weight of an output channel of `layer` is multiplied by; nil: there are no
  /// samples.
  func means(of layer: String) -> [Float]? {
    guard let samples = samples[layer], samples.count > 0 else { return nil }
    return samples.means
  }

  /// What `kernel`, of `layer`, becomes: the nearest integers where there are no samples.
  func rounded(_ kernel: Kernel, of layer: String) -> QuantizedWeight {
    let nearest = QuantizedWeight(kernel.weight, magnitude: kernel.magnitude)
    guard let samples = samples[layer], samples.count > 0 else { return nearest }
    if let known = kept.withLock({ $0[layer] }), known.kernel == kernel { return known.rounded }
    let rounded = QuantizedWeight(
      integers: Self.round(kernel, nearest, samples), scales: nearest.scales)
    let done = kept.withLock {
      $0[layer] = (kernel, rounded)
      return $0.count
    }
    progress(done)
    return rounded
  }

  private static func round(
    _ kernel: Kernel, _ nearest: QuantizedWeight, _ samples: PatchSamples
  ) -> [Int8] {
    let size = samples.patchSize
    let taps = size / max(kernel.weight.shape[1], 1)
    precondition(size * kernel.weight.shape[0] == nearest.integers.count, "patches of \(size)")
    let columns = (0..<size).map { position in
      let factor = kernel.inputFactors?[position / taps] ?? 1
      return Column(samples.deviations(at: position).map { $0 / factor })
    }
    return fill(
      planes: nearest.scales.count, of: size,
      threads: ProcessInfo.processInfo.activeProcessorCount
    ) { (output, integers: inout MutableSpan<Int8>) in
      let range = output * size..<(output + 1) * size
      for index in range { integers[index - range.lowerBound] = nearest.integers[index] }
      round(
        kernel.weight.values[range], in: nearest.scales[output], within: Int(kernel.magnitude),
        columns, samples.count, &integers)
    }
  }

  /// Moves `integers`, which stand for `weights` in units of `scale`.
  private static func round(
    _ weights: ArraySlice<Float>, in scale: Float, within magnitude: Int, _ columns: [Column],
    _ count: Int, _ integers: inout MutableSpan<Int8>
  ) {
    var errors = Array(weights)
    for index in errors.indices { errors[index] -= Float(integers[index]) * scale }
    var residual = Lanes(repeating: .zero, count: (count + 15) / 16)
    for (column, error) in zip(columns, errors) where error != 0 {
      column.add(to: &residual, times: error)
    }
    for _ in 0..<sweeps {
      var isChanged = false
      for (index, column) in columns.enumerated() where errors[index] != 0 && column.square > 0 {
        let step = errors[index] > 0 ? scale : -scale
        let moved = Int(integers[index]) + (errors[index] > 0 ? 1 : -1)
        guard abs(moved) <= magnitude else { continue }
        let results = step * column.square - 2 * column.dot(residual)
        let own = damping * column.square * (step - 2 * errors[index])
        guard step * (results + own) < 0 else { continue }
        integers[index] = Int8(moved)
        errors[index] -= step
        column.add(to: &residual, times: -step)
        isChanged = true
      }
      guard isChanged else { return }
    }
  }
}

/// Numbers of patches, 16 at a time; zeros fill the last.
private typealias Lanes = [SIMD16<Float>]

/// What one weight is multiplied by in each patch.
private struct Column: Sendable {
  private let values: Lanes
  /// The sum of their squares.
  let square: Float

  init(_ numbers: [Float]) {
    values = stride(from: 0, to: numbers.count, by: 16).map {
      numbers.span.vector(at: $0, count: numbers.count - $0)
    }
    square = Float(numbers.reduce(0.0) { $0 + Double($1) * Double($1) })
  }

  func dot(_ other: Lanes) -> Float {
    var sums = SIMD16<Float>.zero
    let (left, right) = (values.span, other.span)
    for index in left.indices { sums += left[index] * right[index] }
    return sums.sum()
  }

  func add(to target: inout Lanes, times factor: Float) {
    var sums = target.mutableSpan
    let own = values.span
    for index in own.indices { sums[index] += factor * own[index] }
  }
}
