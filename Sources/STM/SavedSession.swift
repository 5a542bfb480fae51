import Execution
import Safetensors
import Segmentation
import Tensors

/// What a session remembers, as a safetensors file holds it.
///
/// | tensor | elements |
/// |---|---|
/// | `session` | finished and memorized frames, new objects and groups of objects |
/// | `objects` | their ids |
/// | `frame`, `probabilities` | the frame that the memory does not hold yet |
/// | `G` | group `G`: its first object, the one behind its last, its entries |
/// | `G.E` | entry `E` of it: number, reads, whether it is condensed |
/// | `G.E.key`, `G.E.value`, `G.E.attention` | what is remembered |
struct SavedSession {
  let finished: Int
  let objects: [UInt8]
  let frame: FloatTensor
  let probabilities: FloatTensor
  let newObjects: Int
  let memory: VideoSegmentation.Snapshot
  private var path = ""
  private var metadata: [String: String] = [:]

  init(
    finished: Int, objects: [UInt8], frame: FloatTensor, probabilities: FloatTensor,
    newObjects: Int, memory: VideoSegmentation.Snapshot
  ) {
    self.finished = finished
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
      integers("session", [finished, memory.memorized, newObjects, memory.groups.count]),
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

  /// Reads the file at `path`.
  ///
  /// Throws ``STMError/damagedSession(path:tensor:)`` or what reading safetensors throws.
  init(path: String) throws {
    let archive = try SafetensorsFile.read(path)
    func integers(_ name: String, _ count: Int? = nil) throws -> [Int] {
      guard let entry = archive[name], entry.elementType == .int64, entry.shape.rank == 1,
        count.map({ entry.shape[0] == $0 }) ?? true
      else { throw STMError.damagedSession(path: path, tensor: name) }
      let values = try entry.tensor().integers().map { Int($0) }
      guard values.allSatisfy({ (0..<1 << 40).contains($0) }) else {
        throw STMError.damagedSession(path: path, tensor: name)
      }
      return values
    }
    func floats(_ name: String, _ fits: (Shape) -> Bool) throws -> FloatTensor {
      guard let entry = archive[name], entry.elementType == .float32, fits(entry.shape) else {
        throw STMError.damagedSession(path: path, tensor: name)
      }
      return try entry.floats()
    }
    let numbers = try integers("session", 4)
    objects = try integers("objects").map(UInt8.init(clamping:))
    let count = objects.count
    let frame = try floats("frame") { $0.rank == 4 && $0[0] == 1 && $0[1] == 3 }
    self.frame = frame
    probabilities = try floats("probabilities") {
      $0 == [count + 1, 1, frame.shape[2], frame.shape[3]]
    }
    (finished, newObjects) = (numbers[0], numbers[2])
    let groups = try (0..<numbers[3]).map { group in
      let extents = try integers("\(group)", 3)
      guard extents[0] < extents[1], extents[1] <= count else {
        throw STMError.damagedSession(path: path, tensor: "\(group)")
      }
      let objects = extents[0]..<extents[1]
      let frames = try (0..<extents[2]).map { index in
        let name = "\(group).\(index)"
        let facts = try integers(name, 3)
        let key = try floats("\(name).key") { $0.rank == 4 && $0[0] == objects.count }
        let value = try floats("\(name).value") {
          $0.rank == 4 && $0[0] == objects.count && $0[2] == key.shape[2] && $0[3] == key.shape[3]
        }
        var entry = MemorizedFrame(
          number: facts[0], key: key, value: value, isCondensed: facts[2] != 0)
        entry.reads = facts[1]
        entry.attention = try floats("\(name).attention") { $0.rank == 1 }.values
        return entry
      }
      return (objects, frames)
    }
    memory = VideoSegmentation.Snapshot(memorized: numbers[1], groups: groups)
    self.path = path
    metadata = archive.metadata
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
