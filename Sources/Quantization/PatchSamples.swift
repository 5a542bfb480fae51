import Tensors

/// Patches of what a convolution reads: the numbers under its window at some positions, rounded to
/// bfloat16, which is as much as 8-bit integers keep of them.
public struct PatchSamples: Sendable {
  /// How many numbers a patch has: an input channel's taps row by row, channel after channel.
  public let patchSize: Int
  /// How many patches there are.
  public var count: Int { values.count / max(patchSize, 1) }

  private var values: [BFloat16] = []

  /// No patches yet, each of `patchSize` numbers.
  public init(patchSize: Int) { self.patchSize = patchSize }

  /// Adds a patch of ``patchSize`` numbers.
  public mutating func append(_ patch: some Collection<Float>) {
    precondition(patch.count == patchSize, "a patch of \(patch.count) numbers, not \(patchSize)")
    values += patch.lazy.map(BFloat16.init)
  }

  /// The patches.
  public var all: [[Float]] {
    stride(from: 0, to: values.count, by: max(patchSize, 1)).map {
      values[$0..<$0 + patchSize].map { Float($0) }
    }
  }

  /// The mean of what each weight of an output channel is multiplied by.
  var means: [Float] { (0..<patchSize).map { mean(numbers(at: $0)) } }

  /// What one weight of an output channel is multiplied by in each patch, less the mean of that.
  func deviations(at position: Int) -> [Float] {
    let numbers = numbers(at: position)
    let mean = mean(numbers)
    return numbers.map { $0 - mean }
  }

  private func numbers(at position: Int) -> [Float] {
    stride(from: position, to: values.count, by: patchSize).map { Float(values[$0]) }
  }

  private func mean(_ numbers: [Float]) -> Float {
    Float(numbers.reduce(0.0) { $0 + Double($1) } / Double(max(count, 1)))
  }
}
