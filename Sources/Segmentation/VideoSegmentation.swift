public import Execution
public import Tensors

/// Segments a clip frame by frame: memorizes what is known, then reads the memory.
///
/// For every frame from the second on, call ``memorize(frame:probabilities:newObjects:taps:)`` with
/// the frame before it and that frame's probabilities, then ``segment(frame:taps:)`` with the frame
/// itself.
public struct VideoSegmentation: Sendable {
  /// What one frame's segmentation gives.
  public struct Result: Sendable {
    /// Each object's background and object logits, padded: `[N, 2, H', W']`.
    public let logits: FloatTensor
    /// Background and every object, `[N + 1, 1, H, W]`, summing to 1 at each pixel.
    public let probabilities: FloatTensor
  }

  /// Everything that is remembered, to go on from another time.
  public struct Snapshot: Sendable {
    /// The number of frames that were memorized.
    public let memorized: Int
    /// Objects that appeared in one frame, and what is in their memory.
    public let groups: [(objects: Range<Int>, entries: [MemorizedFrame])]

    /// What a segmentation remembered.
    public init(memorized: Int, groups: [(objects: Range<Int>, entries: [MemorizedFrame])]) {
      self.memorized = memorized
      self.groups = groups
    }
  }

  /// Objects that appeared in one frame.
  private struct Group {
    let objects: Range<Int>
    var memory: MemoryBank
  }

  private let network: CompiledNetwork
  private let padding: FramePadding
  private let policy: any MemoryPolicy
  private var groups: [Group] = []
  /// The number of frames that were memorized.
  public private(set) var memorized = 0

  /// A segmentation of frames of `height` x `width` pixels with `network`, whose memory `policy`
  /// rules.
  public init(
    _ network: CompiledNetwork, height: Int, width: Int, policy: any MemoryPolicy = EveryNthFrame()
  ) {
    self.network = network
    self.policy = policy
    padding = FramePadding(height: height, width: width)
  }

  /// Goes on from `snapshot`, which a segmentation with the same network, policy and size made.
  /// Throws what the network throws.
  public mutating func restore(_ snapshot: Snapshot) throws {
    memorized = snapshot.memorized
    groups = try snapshot.groups.map { objects, entries in
      let entries = try entries.map { entry in
        var prepared = MemorizedFrame(
          number: entry.number,
          key: try network.decode.prepare(entry.key, as: "memory_keys"),
          value: try network.decode.prepare(entry.value, as: "memory_values"),
          isCondensed: entry.isCondensed)
        (prepared.attention, prepared.reads) = (entry.attention, entry.reads)
        return prepared
      }
      return Group(objects: objects, memory: MemoryBank(policy, entries: entries))
    }
  }

  /// Everything that is remembered.
  public var snapshot: Snapshot {
    Snapshot(
      memorized: memorized, groups: groups.map { ($0.objects, $0.memory.entries) })
  }

  /// The frames in memory, in ascending order: those of the objects that appeared first.
  public var framesInMemory: [Int] { groups.first?.memory.frames ?? [] }

  /// The bytes that keys and values in memory take.
  public var memoryByteCount: Int { groups.reduce(0) { $0 + $1.memory.byteCount } }

  /// The number of objects that are followed.
  public var objectCount: Int { groups.last?.objects.upperBound ?? 0 }

  /// Writes the next frame into the memory.
  ///
  /// `frame` `[1, 3, H, W]` with RGB in 0...1; `probabilities` `[N + 1, 1, H, W]`, background
  /// first: soft masks, or 0 and 1 for a given one. `N` is at least 1, and ``objectCount`` and
  /// `newObjects` together once there are any: the last `newObjects` appear in this frame and get a
  /// memory of their own, so that nothing is remembered of them from before. Throws
  /// `ExecutionError.shape` where `N` is another, ``ClipError/memoryLimit(limit:expected:)``, or what
  /// the program throws; nothing is remembered then.
  public mutating func memorize(
    frame: FloatTensor, probabilities: FloatTensor, newObjects: Int = 0, taps: Taps = .none
  ) throws {
    let objects = probabilities.shape[0] - 1
    let known = objectCount
    guard objects >= 1, known == 0 || objects == known + newObjects else {
      let expected = known > 0 ? "\(known + newObjects + 1)" : "at least 2"
      throw ExecutionError.shape(
        step: "memorize", expected: "[\(expected), 1, H, W] probabilities",
        found: probabilities.shape)
    }
    var groups = groups
    if objects > known {
      groups.append(Group(objects: known..<objects, memory: MemoryBank(policy)))
    }
    let masks = padding.pad(probabilities.sliced(1..<probabilities.shape[0], axis: 0))
    let (frame, others) = (padding.pad(frame), Self.others(masks))
    let decode = network.decode
    let context = MemoryContext(objectCount: objects) { key, value in
      (
        try decode.prepare(key, as: "memory_keys"), try decode.prepare(value, as: "memory_values")
      )
    }
    for index in groups.indices {
      let objects = groups[index].objects
      let outputs = try network.memorize.run(
        held: [
          "frame": frame, "mask": masks.sliced(objects, axis: 0),
          "others": others.sliced(objects, axis: 0),
        ], taps: taps)
      try groups[index].memory.add(
        frame: memorized,
        key: try decode.prepare(outputs.value("key"), as: "memory_keys"),
        value: try decode.prepare(outputs.value("value"), as: "memory_values"),
        context: context)
    }
    self.groups = groups
    memorized += 1
  }

  /// Segments `frame` `[1, 3, H, W]` with what the memory holds. A policy that looks at attention
  /// has its own tap in place of that of `taps.decode`. Throws what the programs throw.
  public mutating func segment(
    frame: FloatTensor, taps: (query: Taps, decode: Taps) = (.none, .none)
  ) throws -> Result {
    var inputs = try network.query.run(
      held: ["frame": padding.pad(frame)], taps: taps.query)
    var logits: [FloatTensor] = []
    for index in groups.indices {
      var decodeTaps = taps.decode
      var counted: FloatTensor?
      if let detail = policy.attention {
        decodeTaps.attention = AttentionTap(detail) { counted = $1 }
      }
      inputs["memory_keys"] = groups[index].memory.keys
      inputs["memory_values"] = groups[index].memory.values
      logits.append(
        try network.decode.run(held: inputs, taps: decodeTaps).value("logits").floats())
      if let counted { groups[index].memory.count(counted) }
    }
    let all = logits.count == 1 ? logits[0] : FloatTensor(concatenating: logits, axis: 0)
    let objects = SoftAggregation.objectProbabilities(all)
    return Result(
      logits: all, probabilities: SoftAggregation.aggregate(padding.crop(objects)))
  }
}

extension [String: any HeldTensor] {
  /// The output called `name`, which every program of the network has.
  fileprivate func value(_ name: String) -> any HeldTensor {
    guard let value = self[name] else { preconditionFailure("no output '\(name)'") }
    return value
  }
}
