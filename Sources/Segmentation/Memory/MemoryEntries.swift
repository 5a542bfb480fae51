import Execution
import Tensors

/// The entries of some frames in memory, to be mixed by a policy: those of an object lie behind one
/// another, whichever frame they are of.
struct MemoryEntries {
  /// The number of objects.
  let objectCount: Int
  /// The number of entries of an object.
  let count: Int
  /// The extents of a frame, and their product.
  let size: [Int], frameSize: Int
  /// The channels of keys and values.
  let keyChannels: Int, valueChannels: Int
  /// `[N, K, count]`.
  private(set) var keys: [Float]
  /// `[N, V, count]`.
  private(set) var values: [Float]
  /// The attention a read, `[N, count]`.
  private(set) var attention: [Float]

  /// The entries of `frames`, of which there is at least one. Throws what reading them throws.
  init(_ frames: [MemorizedFrame]) throws {
    let (key, value) = (frames[0].key.shape, frames[0].value.shape)
    objectCount = key[0]
    (keyChannels, valueChannels) = (key[1], value[1])
    size = [key[2], key[3]]
    frameSize = key[2] * key[3]
    count = frames.count * frameSize
    func joined(_ parts: [[Float]]) -> [Float] {
      var result: [Float] = []
      result.reserveCapacity(parts.reduce(0) { $0 + $1.count })
      for start in stride(from: 0, to: parts[0].count, by: key[2] * key[3]) {
        for part in parts { result += part[start..<start + key[2] * key[3]] }
      }
      return result
    }
    keys = joined(try frames.map { try $0.key.floats().values })
    values = joined(try frames.map { try $0.value.floats().values })
    attention = joined(frames.map(\.entryAttention))
  }

  private init(
    like other: MemoryEntries, count: Int, keys: [Float], values: [Float], attention: [Float]
  ) {
    objectCount = other.objectCount
    (keyChannels, valueChannels) = (other.keyChannels, other.valueChannels)
    (size, frameSize) = (other.size, other.frameSize)
    self.count = count
    (self.keys, self.values, self.attention) = (keys, values, attention)
  }

  /// The entries as whole frames with these numbers, whose attention counts as that of one read.
  /// Throws what `context` throws.
  func frames(numbers: [Int], _ context: MemoryContext) throws -> [MemorizedFrame] {
    precondition(numbers.count * frameSize == count, "\(count) entries for \(numbers.count) frames")
    func part(_ source: [Float], _ channels: Int, _ frame: Int) -> [Float] {
      (0..<objectCount * channels).flatMap { channel in
        let start = channel * count + frame * frameSize
        return source[start..<start + frameSize]
      }
    }
    return try numbers.enumerated().map { frame, number in
      let (key, value) = try context.prepare(
        FloatTensor(
          shape: Shape([objectCount, keyChannels] + size), values: part(keys, keyChannels, frame)),
        FloatTensor(
          shape: Shape([objectCount, valueChannels] + size),
          values: part(values, valueChannels, frame)))
      var result = MemorizedFrame(
        number: number, key: key, value: value, isCondensed: true)
      result.attention = part(attention, 1, frame)
      result.reads = 1
      return result
    }
  }

  /// The mean attention a read of an entry of `object`.
  func meanAttention(_ object: Int) -> Float {
    attention[object * count..<(object + 1) * count].reduce(0, +) / Float(count)
  }

  /// The entries of `object`, those that are attended to least first; of equals the older.
  func leastAttended(_ object: Int) -> [Int] {
    (0..<count).sorted { first, second in
      let (one, other) = (attention[object * count + first], attention[object * count + second])
      return one != other ? one < other : first < second
    }
  }

  /// Averages entry `place` of `object` with `entry` of `added`, which weighs `rate`.
  mutating func average(
    _ object: Int, _ place: Int, with added: MemoryEntries, _ entry: Int, rate: Float
  ) {
    mix(object, place, added, entry) { $0 + rate * ($1 - $0) }
  }

  /// Puts `entry` of `added` in the place of entry `place` of `object`.
  mutating func replace(
    _ object: Int, _ place: Int, by added: MemoryEntries, _ entry: Int, attention: Float
  ) {
    mix(object, place, added, entry) { $1 }
    self.attention[object * count + place] = attention
  }

  private mutating func mix(
    _ object: Int, _ place: Int, _ added: MemoryEntries, _ entry: Int,
    _ operation: (Float, Float) -> Float
  ) {
    for channel in object * keyChannels..<(object + 1) * keyChannels {
      let (target, source) = (channel * count + place, channel * added.count + entry)
      keys[target] = operation(keys[target], added.keys[source])
    }
    for channel in object * valueChannels..<(object + 1) * valueChannels {
      let (target, source) = (channel * count + place, channel * added.count + entry)
      values[target] = operation(values[target], added.values[source])
    }
  }

  /// As many entries of every object, those that are attended to most, in their order.
  func mostAttended(_ number: Int) -> MemoryEntries {
    let chosen = (0..<objectCount).map { leastAttended($0).suffix(number).sorted() }
    func picked(_ source: [Float], _ channels: Int) -> [Float] {
      (0..<objectCount * channels).flatMap { channel in
        chosen[channel / channels].map { source[channel * count + $0] }
      }
    }
    return MemoryEntries(
      like: self, count: number, keys: picked(keys, keyChannels),
      values: picked(values, valueChannels), attention: picked(attention, 1))
  }

  /// As many prototypes of every object: the keys that are attended to most, with what a memory read
  /// of all entries gives for each as a query.
  func prototypes(count number: Int) -> MemoryEntries {
    var result = mostAttended(number)
    let scale = 1 / Float(keyChannels).squareRoot()
    for object in 0..<objectCount {
      for entry in 0..<number {
        var weights = products(with: result, entry, object)
        let largest = weights.max() ?? 0
        for place in stride(from: 0, to: count, by: 16) {
          let weight = (weights.span.vector(at: place, count: count - place) - largest) * scale
          var target = weights.mutableSpan
          target.store(weight.exponential(), at: place, count: count - place)
        }
        let total = weights.reduce(0, +)
        for channel in object * valueChannels..<(object + 1) * valueChannels {
          var sum = SIMD16<Float>.zero
          for place in stride(from: 0, to: count, by: 16) {
            sum +=
              weights.span.vector(at: place, count: count - place)
              * values.span.vector(at: channel * count + place, count: count - place)
          }
          result.values[channel * number + entry] = sum.sum() / total
        }
      }
    }
    return result
  }

  /// For every entry of `other`, of one object, the entry whose key is most similar, and the cosine
  /// of the two.
  func mostSimilar(
    to other: MemoryEntries, _ object: Int
  ) -> (places: [Int], cosines: [Float]) {
    let (lengths, others) = (keyLengths(object), other.keyLengths(object))
    var (places, cosines): ([Int], [Float]) = ([], [])
    for entry in 0..<other.count {
      let products = products(with: other, entry, object)
      var (best, place): (Float, Int) = (-.infinity, 0)
      for index in 0..<count where products[index] / lengths[index] > best {
        (best, place) = (products[index] / lengths[index], index)
      }
      places.append(place)
      cosines.append(best / others[entry])
    }
    return (places, cosines)
  }

  /// The products of the keys of `object` with that of `entry` of `other`.
  private func products(with other: MemoryEntries, _ entry: Int, _ object: Int) -> [Float] {
    var result = [Float](repeating: 0, count: count)
    let source = keys.span
    var target = result.mutableSpan
    for place in stride(from: 0, to: count, by: 16) {
      var sum = SIMD16<Float>.zero
      for channel in object * keyChannels..<(object + 1) * keyChannels {
        sum +=
          source.vector(at: channel * count + place, count: count - place)
          * other.keys[channel * other.count + entry]
      }
      target.store(sum, at: place, count: count - place)
    }
    return result
  }

  /// The lengths of the keys of `object`, never 0.
  private func keyLengths(_ object: Int) -> [Float] {
    (0..<count).map { entry in
      let squares = (object * keyChannels..<(object + 1) * keyChannels).reduce(Float(0)) {
        let number = keys[$1 * count + entry]
        return $0 + number * number
      }
      return max(squares.squareRoot(), .leastNormalMagnitude)
    }
  }
}
