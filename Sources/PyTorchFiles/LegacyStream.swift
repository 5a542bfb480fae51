import Files
import Tensors

/// The stream of `torch.save` before PyTorch 1.6; ``PyTorchFile`` draws it.
struct LegacyStream {
  /// The pickle of what was saved.
  let object: Pickle
  let storages: Storages

  /// 0x1950A86A20F9469CFC6C, little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let version = 1001

  /// Whether `file` starts with the pickle of the magic number.
  static func recognizes(_ file: FileBytes) -> Bool {
    let bytes = TensorBytes(of: file, in: 0..<min(file.count, 32))
    let pickle = try? PickleReader.read(
      bytes, path: file.path, name: "magic number", limits: .standard)
    guard let pickle,
      case .large(magic) = pickle.root
    else { return false }
    return true
  }

  /// Reads the pickles and finds the storages, which must end where the file does.
  ///
  /// Throws ``PyTorchError``.
  init(_ file: FileBytes, limits: ReadingLimits) throws(PyTorchError) {
    let path = file.path
    var position = 0
    func next(_ name: String) throws(PyTorchError) -> Pickle {
      let pickle = try PickleReader.read(
        TensorBytes(of: file, in: position..<file.count), path: path, name: name, limits: limits)
      position += pickle.byteCount
      return pickle
    }
    _ = try next("magic number")
    guard case .integer(Self.version) = try next("version").root else {
      throw .unsupported(path: path, found: "a stream of a version other than \(Self.version)")
    }
    _ = try next("machine")
    object = try next("object")
    let keys = try next("keys")
    guard case .list(let list) = keys.root else {
      throw .malformed(path: path, reason: "expected a list of the storages' keys, found none")
    }
    let byteCounts = try Self.byteCounts(of: object.storages, path: path)
    var ranges: [String: Range<Int>] = [:]
    for key in keys.containers[list] {
      guard case .text(let key) = key, let byteCount = byteCounts[key], ranges[key] == nil else {
        throw .malformed(
          path: path, reason: "expected the key of a storage of the object once, found another")
      }
      let start = position + 8
      let count =
        start <= file.count
        ? file.withBytes(in: position..<start) {
          unsafe UInt64(
            littleEndian: $0.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
        } : 0
      let (size, overflow) = Int(clamping: count).multipliedReportingOverflow(by: byteCount)
      guard start <= file.count, !overflow, size <= file.count - start else {
        throw .malformed(
          path: path,
          reason: "storage '\(key.clipped)': expected \(count) elements of \(byteCount) bytes "
            + "from byte \(start), found the end of the file at \(file.count)")
      }
      ranges[key] = start..<start + size
      position = start + size
    }
    guard position == file.count else {
      throw .malformed(
        path: path,
        reason: "expected the end after the storages at byte \(position), found \(file.count)")
    }
    storages = .stream(file, ranges)
  }

  /// The size of an element by the key of the storage.
  private static func byteCounts(
    of storages: [PickledStorage], path: String
  ) throws(PyTorchError) -> [String: Int] {
    var counts: [String: Int] = [:]
    for storage in storages {
      let count = counts.updateValue(storage.kind.byteCount, forKey: storage.key)
      guard count == nil || count == storage.kind.byteCount else {
        throw .malformed(
          path: path,
          reason: "storage '\(storage.key.clipped)': expected elements of \(count ?? 0) bytes "
            + "everywhere, found \(storage.kind.byteCount)")
      }
    }
    return counts
  }
}
