import Foundation
import Tensors

/// The space-time memory read of ``LayerOperation/memoryRead``, in binary64.
///
/// `keys` `[N, K, T, H, W]`, `values` `[N, V, T, H, W]`, `query` `[1, K, H, W]`; the result is
/// `[N, V, H, W]`. Entries below the `topK`-th largest similarity of a position weigh 0
/// (``BoundProgram/topK``).
func readMemory(
  keys: FloatTensor, values: FloatTensor, query: FloatTensor, topK: Int?, threads: Int
) -> FloatTensor {
  let (objects, keyChannels) = (keys.shape[0], keys.shape[1])
  let (valueChannels, entries) = (values.shape[1], keys.shape[2] * keys.shape[3] * keys.shape[4])
  let positions = query.shape[2] * query.shape[3]
  let scale = 1 / Double(keyChannels).squareRoot()
  // A plane holds one query position of one object; channels are brought outside afterwards.
  let read: [Float] = fill(planes: objects * positions, of: valueChannels, threads: threads) {
    plane, result in
    let (object, position) = plane.quotientAndRemainder(dividingBy: positions)
    var weights = [Double](repeating: 0, count: entries)
    for channel in 0..<keyChannels {
      let q = Double(query.values[channel * positions + position]) * scale
      let row = (object * keyChannels + channel) * entries
      for entry in 0..<entries { weights[entry] += q * Double(keys.values[row + entry]) }
    }
    let largest = weights.max() ?? 0
    let threshold = topK.map { smallest(ofLargest: $0, in: weights) } ?? -.infinity
    var total = 0.0
    for entry in 0..<entries {
      weights[entry] = weights[entry] < threshold ? 0 : exp(weights[entry] - largest)
      total += weights[entry]
    }
    for channel in 0..<valueChannels {
      let row = (object * valueChannels + channel) * entries
      var sum = 0.0
      for entry in 0..<entries { sum += weights[entry] * Double(values.values[row + entry]) }
      result[channel] = Float(sum / total)
    }
  }
  var result = FloatTensor(zeros: [objects, valueChannels, query.shape[2], query.shape[3]])
  for object in 0..<objects {
    for channel in 0..<valueChannels {
      for position in 0..<positions {
        result.values[(object * valueChannels + channel) * positions + position] =
          read[(object * positions + position) * valueChannels + channel]
      }
    }
  }
  return result
}

/// The `count`-th largest of `numbers`, each counted as often as it is there; negative infinity
/// where there are fewer. NaN is none of them.
private func smallest(ofLargest count: Int, in numbers: [Double]) -> Double {
  let ordered = numbers.filter { !$0.isNaN }.sorted(by: >)
  return count <= ordered.count ? ordered[count - 1] : -.infinity
}
