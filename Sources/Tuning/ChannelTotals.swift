import Execution
import Quantization
import Tensors

/// Adds up what is seen of a value's channels; what comes of it depends neither on the order nor on
/// the threads in which parts of the value arrive.
struct ChannelTotals: Sendable {
  private typealias Lanes = SIMD16<Float>

  var minimum: [Float] = []
  var maximum: [Float] = []
  // In units of 2^-20: integers add up to the same in every order.
  var sums: [Int128] = []
  var counts: [Int] = []

  /// The statistics of all elements so far.
  var statistics: ChannelStatistics {
    ChannelStatistics(
      minimum: minimum.map(Self.finite), maximum: maximum.map(Self.finite),
      mean: zip(sums, counts).map { Float(Double($0) / 0x1p20 / Double(max($1, 1))) })
  }

  /// Adds a part of a value.
  mutating func include(_ elements: Span<Float>, _ runs: ChannelRuns) {
    for start in stride(from: 0, to: elements.count, by: runs.length) {
      let run = elements.extracting(start..<min(start + runs.length, elements.count))
      let first = runs.first + start / runs.length * runs.interleaved
      switch runs.interleaved {
      case Lanes.scalarCount:
        let (low, high, sum) = Self.totals(of: run)
        for lane in 0..<Lanes.scalarCount {
          include(first + lane, low[lane], high[lane], sum[lane], run.count / Lanes.scalarCount)
        }
      case 1:
        let (low, high, sum) = Self.totals(of: run)
        include(first, low.min(), high.max(), sum.sum(), run.count)
      default:
        for channel in 0..<runs.interleaved {
          var (low, high, sum) = (Float.infinity, -Float.infinity, 0.0)
          for index in stride(from: channel, to: run.count, by: runs.interleaved) {
            low = min(low, run[index])
            high = max(high, run[index])
            sum += Double(run[index])
          }
          include(first + channel, low, high, sum, run.count / runs.interleaved)
        }
      }
    }
  }

  /// Adds what `other` saw.
  mutating func merge(_ other: ChannelTotals) {
    for channel in other.counts.indices where other.counts[channel] > 0 {
      grow(to: channel)
      minimum[channel] = min(minimum[channel], other.minimum[channel])
      maximum[channel] = max(maximum[channel], other.maximum[channel])
      sums[channel] += other.sums[channel]
      counts[channel] += other.counts[channel]
    }
  }

  private mutating func include(
    _ channel: Int, _ low: Float, _ high: Float, _ sum: Double, _ count: Int
  ) {
    grow(to: channel)
    minimum[channel] = min(minimum[channel], low)
    maximum[channel] = max(maximum[channel], high)
    // No sum of finite numbers leaves 2^107; what is not finite has no mean.
    if sum.isFinite && abs(sum) < 0x1p100 { sums[channel] += Int128((sum * 0x1p20).rounded()) }
    counts[channel] += count
  }

  private mutating func grow(to channel: Int) {
    let missing = channel + 1 - counts.count
    guard missing > 0 else { return }
    minimum += [Float](repeating: .infinity, count: missing)
    maximum += [Float](repeating: -.infinity, count: missing)
    sums += [Int128](repeating: 0, count: missing)
    counts += [Int](repeating: 0, count: missing)
  }

  /// The smallest and the largest element and the sum of every sixteenth one, by the first of them.
  private static func totals(of run: Span<Float>) -> (Lanes, Lanes, SIMD16<Double>) {
    var (low, high) = (Lanes(repeating: .infinity), Lanes(repeating: -.infinity))
    var sum = SIMD16<Double>.zero
    let (block, whole) = (16 * 64, run.count & ~15)
    for start in stride(from: 0, to: whole, by: block) {
      var partial = Lanes.zero
      for index in stride(from: start, to: min(start + block, whole), by: 16) {
        let lanes = run.vector(at: index)
        low.replace(with: lanes, where: lanes .< low)
        high.replace(with: lanes, where: lanes .> high)
        partial += lanes
      }
      sum += SIMD16<Double>(partial)
    }
    for index in whole..<run.count {
      let lane = index - whole
      low[lane] = min(low[lane], run[index])
      high[lane] = max(high[lane], run[index])
      sum[lane] += Double(run[index])
    }
    return (low, high, sum)
  }

  private static func finite(_ value: Float) -> Float {
    min(max(value, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
  }
}
