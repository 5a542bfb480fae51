/// Damaged copies of small files, the same ones in every run.
///
/// First every truncation of the first seed; then, in equal parts as far as there are so many of a
/// kind: truncations of the others, single bits flipped, length fields set to 0, -1 or their maximum
/// (2, 4 or 8 bytes in either order, protobuf varints, decimal numbers), two such fields beside each
/// other set at once, in the first 64 bytes and behind them, and splices of two seeds.
public struct Mutations: Sequence {
  /// One damaged file.
  public struct Mutation {
    /// What was done, for messages.
    public let name: String
    /// The file.
    public let bytes: [UInt8]
  }

  private enum Change {
    case truncation(Int, count: Int)
    case flip(Int, at: Int, bit: Int)
    case replacement(Int, Range<Int>, with: [UInt8])
    case splice(Int, to: Int, Int, from: Int)
  }

  private let seeds: [[UInt8]]
  private let changes: [Change]

  /// `count` mutations of `seeds`, none of which is empty, chosen by the number `seed`.
  public init(of seeds: [[UInt8]], count: Int, seed: UInt64 = 1) {
    precondition(!seeds.isEmpty && seeds.allSatisfy { !$0.isEmpty }, "nothing to damage")
    precondition(count >= seeds[0].count, "fewer mutations than the first file has bytes")
    self.seeds = seeds
    var generator = SeededGenerator(seed: seed)
    var changes = seeds[0].indices.map { Change.truncation(0, count: $0) }
    var truncations: [Change] = []
    var flips: [Change] = []
    var fields: [Change] = []
    var (headPairs, pairs): ([Change], [Change]) = ([], [])
    for (index, bytes) in seeds.enumerated() {
      if index > 0 { truncations += bytes.indices.map { Change.truncation(index, count: $0) } }
      flips += (0..<8 * bytes.count).map { Change.flip(index, at: $0 / 8, bit: $0 % 8) }
      fields += Self.fields(of: bytes).map { Change.replacement(index, $0, with: $1) }
      for pair in Self.pairs {
        for start in stride(from: 0, through: bytes.count - pair.count, by: 2) {
          let change = Change.replacement(index, start..<start + pair.count, with: pair)
          if start < 64 { headPairs.append(change) } else { pairs.append(change) }
        }
      }
    }
    var kinds = [headPairs, truncations, flips, fields, pairs]
    for kind in kinds.indices {
      let share = (count - changes.count) / (kinds.count - kind + 1)
      if kinds[kind].count > share { kinds[kind].shuffle(using: &generator) }
      changes += kinds[kind].prefix(share)
    }
    while changes.count < count {
      let head = Int.random(in: seeds.indices, using: &generator)
      let tail = Int.random(in: seeds.indices, using: &generator)
      changes.append(
        .splice(
          head, to: Int.random(in: 0...seeds[head].count, using: &generator), tail,
          from: Int.random(in: 0...seeds[tail].count, using: &generator)))
    }
    self.changes = changes
  }

  public func makeIterator() -> AnyIterator<Mutation> {
    var rest = changes[...]
    return AnyIterator { rest.popFirst().map(mutation) }
  }

  private func mutation(_ change: Change) -> Mutation {
    switch change {
    case .truncation(let seed, let count):
      return Mutation(name: "seed \(seed) cut to \(count)", bytes: Array(seeds[seed].prefix(count)))
    case .flip(let seed, let place, let bit):
      var bytes = seeds[seed]
      bytes[place] ^= 1 << UInt8(bit)
      return Mutation(name: "seed \(seed), bit \(bit) of byte \(place)", bytes: bytes)
    case .replacement(let seed, let range, let bytes):
      var whole = seeds[seed]
      whole.replaceSubrange(range, with: bytes)
      return Mutation(name: "seed \(seed), \(range) made \(bytes)", bytes: whole)
    case .splice(let head, let end, let tail, let start):
      return Mutation(
        name: "seed \(head) to \(end), seed \(tail) from \(start)",
        bytes: Array(seeds[head].prefix(end) + seeds[tail].dropFirst(start)))
    }
  }
}

extension Mutations {
  /// What to put in the place of two fields beside each other, as of a width and a height.
  private static let pairs = [2, 4, 8].flatMap { width -> [[UInt8]] in
    let most = [UInt8](repeating: 0xFF, count: width - 1)
    return [[UInt8](repeating: 0, count: width), most + [0xFF], most + [0x7F], [0x7F] + most]
      .map { $0 + $0 }
  }

  /// Every place of `bytes` that may be a length, with what to put there.
  private static func fields(of bytes: [UInt8]) -> [(Range<Int>, [UInt8])] {
    var fields: [(Range<Int>, [UInt8])] = []
    for start in bytes.indices {
      for width in [2, 4, 8] where start + width <= bytes.count {
        let range = start..<start + width
        let most = [UInt8](repeating: 0xFF, count: width - 1)
        for value in [[UInt8](repeating: 0, count: width), most + [0xFF], most + [0x7F]] {
          fields.append((range, value))
        }
        fields.append((range, [0x7F] + most))
      }
      let length = bytes[start...].prefix(10).prefix { $0 >= 0x80 }.count + 1
      if start + length <= bytes.count {
        let most = [UInt8](repeating: 0xFF, count: 9)
        for value in [[0], most + [1], most.dropLast() + [0x7F]] as [[UInt8]] {
          fields.append((start..<start + length, value))
        }
      }
    }
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    var rest = bytes[...]
    while let start = rest.firstIndex(where: isDigit) {
      let end = rest[start...].firstIndex { !isDigit($0) } ?? rest.endIndex
      for value in ["0", "-1", "\(Int64.max)", "\(UInt64.max)", "1e400"] {
        fields.append((start..<end, Array(value.utf8)))
      }
      rest = rest[end...]
    }
    return fields
  }
}
