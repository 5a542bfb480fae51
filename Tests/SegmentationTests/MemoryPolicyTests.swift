import Execution
import Segmentation
import Tensors
import Testing

@Suite struct MemoryPolicyTests {
  /// A frame of one object and two entries, whose keys have two channels and whose value has one.
  private static func entry(
    _ keys: [(Float, Float)], _ values: [Float]
  ) -> (key: FloatTensor, value: FloatTensor) {
    (
      FloatTensor(shape: [1, 2, 1, 2], values: keys.map(\.0) + keys.map(\.1)),
      FloatTensor(shape: [1, 1, 1, 2], values: values)
    )
  }

  /// A bank of `count` frames, each followed by a read that pays the attention of `attention`, by
  /// frame number.
  private static func bank(
    _ policy: any MemoryPolicy, count: Int, attention: (Int) -> Float = { _ in 1 }
  ) throws -> MemoryBank {
    var bank = MemoryBank(policy)
    for frame in 0..<count {
      let new = entry([(Float(frame), 1), (1, Float(frame))], [Float(frame), -Float(frame)])
      try bank.add(frame: frame, key: new.key, value: new.value)
      let parts = bank.frames.map(attention)
      if policy.attention == .frames {
        bank.count(FloatTensor(shape: [1, parts.count], values: parts))
      } else if policy.attention == .entries {
        bank.count(
          FloatTensor(shape: [1, parts.count, 1, 2], values: parts.flatMap { [$0, $0 / 2] }))
      }
    }
    return bank
  }

  @Test(arguments: [(1, [0]), (2, [0, 1]), (3, [0, 2]), (12, [0, 11])])
  func `first and last keeps the first frame and the one before`(
    count: Int, frames: [Int]
  ) throws {
    #expect(try Self.bank(FirstAndLastFrame(), count: count).frames == frames)
  }

  @Test func `a bounded memory is the published one until it is full`() throws {
    for count in 1...15 {
      #expect(
        try Self.bank(BoundedMemory(.frames(4)), count: count).frames
          == Self.bank(EveryNthFrame(), count: count).frames)
    }
  }

  @Test func `a bounded memory evicts the frame that is attended to least, never the first`() throws
  {
    let attention: (Int) -> Float = { $0 == 0 ? 0 : $0 == 10 ? 1 : Float(100 + $0) }
    let bank = try Self.bank(BoundedMemory(.frames(4)), count: 22, attention: attention)
    #expect(bank.frames == [0, 15, 20, 21])
    let before = try Self.bank(BoundedMemory(.frames(4)), count: 17, attention: attention)
    #expect(before.frames == [0, 5, 15, 16])
  }

  @Test(arguments: MemoryPolicyName.allCases.filter(\.isLimited), [5, 8, 9])
  func `a limited memory is never larger and always holds the first frame and the one before`(
    _ name: MemoryPolicyName, _ limit: Int
  ) throws {
    for interval in [1, 2, 5] {
      let policy = name.policy(interval: interval, limit: .frames(limit))
      for count in [1, 7, 30, 61, 62] {
        let bank = try Self.bank(policy, count: count)
        #expect(bank.frames.count <= limit)
        #expect(bank.frames.first == 0 && bank.frames.last == count - 1)
        #expect(bank.keys.shape == [1, 2, bank.frames.count, 1, 2])
        #expect(bank.values.shape == [1, 1, bank.frames.count, 1, 2])
        let first = try bank.entries[0].key.floats()
        #expect(first == Self.entry([(0, 1), (1, 0)], [0, 0]).key)
      }
      let filled = try Self.bank(policy, count: 62).frames.count
      #expect(filled >= limit - 2)
    }
  }

  @Test func `merging averages what is similar and replaces what is ignored`() throws {
    var bank = MemoryBank(MergedMemory(.frames(3), every: 1))
    func add(_ frame: Int, _ keys: [(Float, Float)], _ values: [Float]) throws {
      let new = Self.entry(keys, values)
      try bank.add(frame: frame, key: new.key, value: new.value)
    }
    try add(0, [(5, 5), (5, 5)], [0, 0])
    try add(1, [(1, 0), (0, 1)], [10, 20])
    try add(2, [(2, 0), (-1, -1)], [30, 40])
    bank.count(FloatTensor(shape: [1, 3, 1, 2], values: [0, 0, 3, 1, 9, 9]))
    try add(3, [(7, 7), (7, 7)], [1, 1])
    #expect(bank.frames == [0, 1, 3])
    let (keys, values) = (
      try bank.entries[1].key.floats().values, try bank.entries[1].value.floats().values
    )
    // (1, 0) moves a tenth of the way to (2, 0); (0, 1), paid least, gives way to (-1, -1).
    #expect(keys == [1.1, -1, 0, -1])
    #expect(values == [12, 40])
    #expect(bank.entries[1].attention == [3, 2])
  }

  @Test func `prototypes are the keys attended to most, with values read from all candidates`()
    throws
  {
    var bank = MemoryBank(PrototypeMemory(.frames(5), every: 1))
    let keys: [[(Float, Float)]] = [
      [(1, 1), (1, 1)], [(30, 0), (0, 30)], [(30, 0), (-30, -30)], [(1, 2), (3, 4)],
      [(5, 6), (7, 8)], [(9, 9), (9, 9)],
    ]
    let values: [[Float]] = [[0, 0], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
    for frame in 0..<5 {
      let new = Self.entry(keys[frame], values[frame])
      try bank.add(frame: frame, key: new.key, value: new.value)
    }
    bank.count(FloatTensor(shape: [1, 5, 1, 2], values: [0, 0, 4, 0, 0, 5, 9, 9, 9, 9]))
    let last = Self.entry(keys[5], values[5])
    try bank.add(frame: 5, key: last.key, value: last.value)
    #expect(bank.frames == [0, 2, 3, 4, 5])
    // Of frames 1 and 2 the first entry and the last stay; two candidates have the key (30, 0).
    #expect(try bank.entries[1].key.floats().values == [30, -30, 0, -30])
    let read = try bank.entries[1].value.floats().values
    #expect(abs(read[0] - 2) < 1e-4 && abs(read[1] - 4) < 1e-4)
  }

  @Test func `bytes limit as many frames as fit, of all objects`() throws {
    // A frame takes 4 * (4 + 2) bytes.
    for (bytes, frames) in [(24 * 4, 4), (24 * 5 - 1, 4), (24 * 5, 5)] {
      #expect(try Self.bank(BoundedMemory(.bytes(bytes)), count: 60).frames.count == frames)
    }
    var bank = MemoryBank(BoundedMemory(.bytes(24 * 8), every: 1))
    let context = MemoryContext(objectCount: 2) { ($0, $1) }
    for frame in 0..<20 {
      let new = Self.entry([(1, 1), (1, 1)], [1, 1])
      try bank.add(frame: frame, key: new.key, value: new.value, context: context)
    }
    #expect(bank.frames.count == 4)
    #expect(bank.byteCount == 24 * 4)
  }

  @Test(arguments: [(MemoryPolicyName.bounded, 1), (.merge, 2), (.prototypes, 4)])
  func `a limit that a policy cannot do with is refused`(
    _ name: MemoryPolicyName, _ limit: Int
  ) throws {
    #expect(
      throws: ClipError.memoryLimit(
        limit: "\(limit) frames", expected: "\(limit + 1) frames")
    ) {
      try Self.bank(name.policy(limit: .frames(limit)), count: 1)
    }
    #expect(
      throws: ClipError.memoryLimit(
        limit: "\(24 * limit) bytes",
        expected: "\(24 * (limit + 1)) bytes, \(limit + 1) frames")
    ) {
      try Self.bank(name.policy(limit: .bytes(24 * limit)), count: 1)
    }
  }

  @Test(arguments: [
    ("8", MemoryLimit.frames(8)), ("64MB", .bytes(64_000_000)), ("2GiB", .bytes(1 << 31)),
    ("100kB", .bytes(100_000)),
  ])
  func `limits are frames or bytes`(_ text: String, _ limit: MemoryLimit) {
    #expect(MemoryLimit(text) == limit)
  }

  @Test(arguments: ["", "0", "-1", "MB", "8 frames", "8mb", "1.5GB", "99999999999999GB"])
  func `anything else is no limit`(_ text: String) { #expect(MemoryLimit(text) == nil) }
}
