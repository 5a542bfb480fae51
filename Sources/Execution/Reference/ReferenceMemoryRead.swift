import Foundation
import Tensors

/// The space-time memory read of ``LayerOperation/memoryRead``, in binary64.
///
/// `keys` `[N, K, T, H, W]`, `values` `[N, V, T, H, W]`, `query` `[1, K, H, W]`; the result is
/// `[N, V, H, W]`. Entries below the `topK`-th largest similarity of a position weigh 0
/// (``BoundProgram/topK``). The attention is `[N, T, h, w]`, where it is counted.
func readMemory(
  keys: FloatTensor, values: FloatTensor, query: FloatTensor, topK: Int?, countsAttention: Bool,
  threads: Int
) -> (read: FloatTensor, attention: FloatTensor?) {
  let (objects, keyChannels) = (keys.shape[0], keys.shape[1])
  let (valueChannels, entries) = (values.shape[1], keys.shape[2] * keys.shape[3] * keys.shape[4])
  let positions = query.shape[2] * query.shape[3]
  let scale = 1 / Double(keyChannels).squareRoot()
  // A plane holds one query position of one object: what is read, then the weights that it is read
  // with. Channels are brought outside afterwards.
  let size = valueChannels + (countsAttention ? entries : 0)
  let read: [Float] = fill(planes: objects * positions, of: size, threads: threads) {
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
    guard countsAttention else { return }
    for entry in 0..<entries { result[valueChannels + entry] = Float(weights[entry] / total) }
  }
  var result = FloatTensor(zeros: [objects, valueChannels, query.shape[2], query.shape[3]])
  for object in 0..<objects {
    for channel in 0..<valueChannels {
      for position in 0..<positions {
        result.values[(object * valueChannels + channel) * positions + position] =
          read[(object * positions + position) * size + channel]
      }
    }
  }
  guard countsAttention else { return (result, nil) }
  var attention = FloatTensor(zeros: [objects, keys.shape[2], keys.shape[3], keys.shape[4]])
  for object in 0..<objects {
    for entry in 0..<entries {
      attention.values[object * entries + entry] = Float(
        (0..<positions).reduce(0.0) { sum, position in
          sum + Double(read[(object * positions + position) * size + valueChannels + entry])
        })
    }
  }
  return (result, attention)
}

/// The `count`-th largest of `numbers`, each counted as often as it is there; negative infinity
/// where there are fewer. NaN is none of them.
private func smallest(ofLargest count: Int, in numbers: [Double]) -> Double {
  let ordered = numbers.filter { !$0.isNaN }.sorted(by: >)
  return count <= ordered.count ? ordered[count - 1] : -.infinity
}
