/// How much a file may ask for while it is read, whatever it claims to hold.
///
/// What lies beyond a limit is refused by name before memory is taken for it; who trusts a file that
/// needs more raises the limit, with `--limits` of the tools. Every limit is a whole number, at least
/// 0.
public struct ReadingLimits: Sendable, Hashable, Codable {
  /// The limits, by the names that they have in a file of limits.
  public enum Key: String, Sendable, Hashable, CaseIterable, Codable {
    /// ``ReadingLimits/headerBytes``
    case headerBytes
    /// ``ReadingLimits/values``
    case values
    /// ``ReadingLimits/tensors``
    case tensors
    /// ``ReadingLimits/rank``
    case rank
    /// ``ReadingLimits/totalBytes``
    case totalBytes
    /// ``ReadingLimits/expansion``
    case expansion
    /// ``ReadingLimits/expansionFloor``
    case expansionFloor
    /// ``ReadingLimits/depth``
    case depth
    /// ``ReadingLimits/nodes``
    case nodes
    /// ``ReadingLimits/nameBytes``
    case nameBytes
  }

  /// The bytes of one header, unpacked: the JSON of a safetensors file or of a Keras model, the
  /// pickle of a checkpoint. 100,000,000, as the safetensors format's own implementation has it.
  public var headerBytes = 100_000_000

  /// The values in the JSON of one header, the messages of one ONNX file, and half the instructions of
  /// one pickle. 2,000,000.
  public var values = 2_000_000

  /// The tensors of a file, those that cannot be read included. 100,000.
  public var tensors = 100_000

  /// The dimensions of one tensor. 8.
  public var rank = 8

  /// The bytes of all tensors together, unpacked. 64 GiB.
  public var totalBytes = 64 << 30

  /// The bytes that one byte of the file may stand for, over the whole file: a compressed file
  /// unpacks to at most so many times its own size. 100.
  public var expansion = 100

  /// The bytes that a file of any size may unpack to, whatever ``expansion`` says. 64 MiB.
  public var expansionFloor = 64 << 20

  /// How deep messages, JSON, groups and containers may nest, the outermost included. 100, and at
  /// most ``deepest``.
  public var depth = 100

  /// The nodes of a graph, or the layers of a configuration. 100,000.
  public var nodes = 100_000

  /// The bytes of one name: of a tensor, object, node, member or key, with the names around it where
  /// it has a path. 4,096.
  public var nameBytes = 4096

  /// The limits that hold where nothing else is said.
  public static let standard = ReadingLimits()

  /// The largest ``depth``: parsers call themselves, and the stack is theirs to keep.
  public static let deepest = 500

  /// The standard limits, to be changed one by one.
  public init() {}

  /// The limit called `key`.
  public subscript(key: Key) -> Int {
    get {
      switch key {
      case .headerBytes: headerBytes
      case .values: values
      case .tensors: tensors
      case .rank: rank
      case .totalBytes: totalBytes
      case .expansion: expansion
      case .expansionFloor: expansionFloor
      case .depth: depth
      case .nodes: nodes
      case .nameBytes: nameBytes
      }
    }
    set {
      switch key {
      case .headerBytes: headerBytes = newValue
      case .values: values = newValue
      case .tensors: tensors = newValue
      case .rank: rank = newValue
      case .totalBytes: totalBytes = newValue
      case .expansion: expansion = newValue
      case .expansionFloor: expansionFloor = newValue
      case .depth: depth = newValue
      case .nodes: nodes = newValue
      case .nameBytes: nameBytes = newValue
      }
    }
  }

  /// Checks that `found` of what `key` counts are within the limit.
  ///
  /// `object` says what of the file at `path` holds them, as in `tensor 'conv.weight'`. Throws
  /// ``FileError/beyondLimit(path:object:limit:allowed:found:)``.
  public func check(
    _ key: Key, _ found: Int, of object: @autoclosure () -> String, in path: String
  ) throws(FileError) {
    guard found > self[key] else { return }
    throw .beyondLimit(path: path, object: object(), limit: key, allowed: self[key], found: found)
  }

  /// The bytes that a file of `stored` bytes may unpack to; see ``expansion``.
  public func bytesUnpacked(of stored: Int) -> Int {
    let (product, overflow) = stored.multipliedReportingOverflow(by: expansion)
    return max(expansionFloor, overflow ? .max : product)
  }

  /// Checks that `stored` bytes may unpack to `unpacked` bytes; see ``expansion``.
  ///
  /// Throws ``FileError/beyondLimit(path:object:limit:allowed:found:)``.
  public func checkExpansion(
    of stored: Int, to unpacked: Int, of object: @autoclosure () -> String, in path: String
  ) throws(FileError) {
    let allowed = bytesUnpacked(of: stored)
    guard unpacked > allowed else { return }
    throw .beyondLimit(
      path: path, object: object(), limit: .expansion, allowed: allowed, found: unpacked)
  }
}

extension ReadingLimits.Key {
  /// What the limit counts, for messages.
  public var noun: String {
    switch self {
    case .headerBytes: "bytes of header"
    case .values: "values"
    case .tensors: "tensors"
    case .rank: "dimensions"
    case .totalBytes: "bytes of elements"
    case .expansion, .expansionFloor: "bytes unpacked"
    case .depth: "levels of nesting"
    case .nodes: "nodes"
    case .nameBytes: "bytes of one name"
    }
  }
}

extension Int {
  /// The sum of both, or the largest `Int` where there is none; neither may be negative.
  public func clampedSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
