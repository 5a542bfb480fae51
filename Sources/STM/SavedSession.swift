import Execution
import STMModel
import Safetensors
import Segmentation
import Tensors

/// What a session remembers, as a safetensors file holds it.
///
/// | tensor | elements |
/// |---|---|
/// | `session` | the numbers of memorized frames, of new objects and of groups of objects |
/// | `objects` | their ids |
/// | `frame`, `probabilities` | the frame that the memory does not hold yet |
/// | `G` | group `G`: its first object, the one behind its last, its entries |
/// | `G.E` | entry `E` of it: number, reads, whether it is condensed |
/// | `G.E.key`, `G.E.value`, `G.E.attention` | what is remembered |
struct SavedSession {
  let objects: [UInt8]
  let frame: FloatTensor
  let probabilities: FloatTensor
  let newObjects: Int
  let memory: VideoSegmentation.Snapshot
  private var path = ""
  private var metadata: [String: String] = [:]

  init(
    objects: [UInt8], frame: FloatTensor, probabilities: FloatTensor,
    newObjects: Int, memory: VideoSegmentation.Snapshot
  ) {
    self.objects = objects
    self.frame = frame
    self.probabilities = probabilities
    self.newObjects = newObjects
    self.memory = memory
  }

  /// Writes it to `path`; `description` tells what it can go on with. Throws what safetensors throw.
  func write(to path: String, _ description: [String: String]) throws {
    func integers(_ name: String, _ values: [Int]) -> TensorArchive.Entry {
      TensorArchive.Entry(
        name: name,
        tensor: Tensor(
          bitPatterns: values.map(Int64.init), elementType: .int64, shape: [values.count]))
    }
    func floats(_ name: String, _ values: FloatTensor) -> TensorArchive.Entry {
      TensorArchive.Entry(name: name, tensor: Tensor(values))
    }
    var entries = [
      integers("session", [memory.memorized, newObjects, memory.groups.count]),
      integers("objects", objects.map(Int.init)), floats("frame", frame),
      floats("probabilities", probabilities),
    ]
    for (group, (objects, frames)) in memory.groups.enumerated() {
      entries.append(
        integers("\(group)", [objects.lowerBound, objects.upperBound, frames.count]))
      for (index, entry) in frames.enumerated() {
        let name = "\(group).\(index)"
        entries += [
          integers(name, [entry.number, entry.reads, entry.isCondensed ? 1 : 0]),
          floats("\(name).key", try entry.key.floats()),
          floats("\(name).value", try entry.value.floats()),
          floats(
            "\(name).attention",
            FloatTensor(shape: [entry.attention.count], values: entry.attention)),
        ]
      }
    }
    try SafetensorsFile.write(try TensorArchive(entries, metadata: description), to: path)
  }

  /// Reads the file at `path`, a session of a network of `configuration`.
  ///
  /// Throws ``STMError/damagedSession(path:tensor:)`` or what reading safetensors throws.
  init(path: String, _ configuration: STMConfiguration) throws {
    let reader = SessionReader(path: path, archive: try SafetensorsFile.read(path))
    let numbers = try reader.integers("session", count: 3)
    let ids = try reader.integers("objects")
    guard !ids.isEmpty, ids.allSatisfy({ (1..<Int(ObjectMask.void)).contains($0) }),
      Set(ids).count == ids.count
    else { throw reader.damaged("objects") }
    let frame = try reader.floats("frame") { $0.rank == 4 && $0[0] == 1 && $0[1] == 3 }
    let probabilities = try reader.floats("probabilities") {
      $0 == [ids.count + 1, 1, frame.shape[2], frame.shape[3]]
    }
    let (memorized, newObjects, groupCount) = (numbers[0], numbers[1], numbers[2])
    guard newObjects < ids.count, groupCount <= ids.count, (memorized == 0) == (groupCount == 0)
    else { throw reader.damaged("session") }
    let padding = FramePadding(height: frame.shape[2], width: frame.shape[3])
    let grid = STMConfiguration.alignment
    let plane = [padding.paddedHeight / grid, padding.paddedWidth / grid]
    var groups: [(Range<Int>, [MemorizedFrame])] = []
    for group in 0..<groupCount {
      let extents = try reader.integers("\(group)", count: 3)
      let first = groups.last?.0.upperBound ?? 0
      guard extents[0] == first, extents[1] > first, extents[1] <= ids.count,
        (1...memorized).contains(extents[2]), extents[2] <= reader.archive.entries.count
      else { throw reader.damaged("\(group)") }
      let count = extents[1] - first
      let frames = try (0..<extents[2]).map { index in
        try reader.entry(
          "\(group).\(index)", key: Shape([count, configuration.keyChannels] + plane),
          value: Shape([count, configuration.valueChannels] + plane), before: memorized)
      }
      groups.append((first..<extents[1], frames))
    }
    guard (groups.last?.0.upperBound ?? ids.count) + newObjects == ids.count else {
      throw reader.damaged("session")
    }
    self.init(
      objects: ids.map { UInt8($0) }, frame: frame,
      probabilities: probabilities, newObjects: newObjects,
      memory: VideoSegmentation.Snapshot(memorized: memorized, groups: groups))
    self.path = path
    metadata = reader.archive.metadata
  }

  /// Checks that it can go on with what `expected` describes.
  ///
  /// Throws ``STMError/otherSession(path:noun:expected:found:)``.
  func check(_ expected: [String: String]) throws(STMError) {
    for (noun, text) in expected.sorted(by: { $0.key < $1.key }) where metadata[noun] != text {
      throw .otherSession(
        path: path, noun: noun, expected: text, found: metadata[noun] ?? "nothing")
    }
  }
}

/// Reads the tensors of a saved session.
private struct SessionReader {
  let path: String
  let archive: TensorArchive

  func damaged(_ tensor: String) -> STMError { .damagedSession(path: path, tensor: tensor) }

  /// Small numbers of at least 0.
  func integers(_ name: String, count: Int? = nil) throws -> [Int] {
    guard let entry = archive[name], entry.elementType == .int64, entry.shape.rank == 1,
      count.map({ entry.shape[0] == $0 }) ?? true
    else { throw damaged(name) }
    let values = try entry.tensor().integers()
    guard values.allSatisfy({ (0..<1 << 40).contains($0) }) else { throw damaged(name) }
    return values.map { Int($0) }
  }

  func floats(_ name: String, _ fits: (Shape) -> Bool) throws -> FloatTensor {
    guard let entry = archive[name], entry.elementType == .float32, fits(entry.shape) else {
      throw damaged(name)
    }
    let tensor = try entry.floats()
    guard tensor.values.allSatisfy(\.isFinite) else { throw damaged(name) }
    return tensor
  }

  /// Entry `name`, whose number is below `end`.
  func entry(
    _ name: String, key: Shape, value: Shape, before end: Int
  ) throws -> MemorizedFrame {
    let facts = try integers(name, count: 3)
    guard facts[0] < end, facts[2] <= 1 else { throw damaged(name) }
    var entry = MemorizedFrame(
      number: facts[0], key: try floats("\(name).key") { $0 == key },
      value: try floats("\(name).value") { $0 == value }, isCondensed: facts[2] != 0)
    entry.reads = facts[1]
    let entries = key[0] * key[2] * key[3]
    entry.attention = try floats("\(name).attention") {
      $0.rank == 1 && [0, 1, entries].contains($0[0])
    }.values
    return entry
  }
}
