import Files
import Tensors
import ZipFiles

/// The zip archive of `torch.save`; ``PyTorchFile`` draws it.
struct SavedArchive {
  let storages: Storages

  private let archive: ZipArchive
  private let pickle: ZipArchive.Member

  /// Finds the pickle and the storages; their contents follow when they are read.
  ///
  /// Throws ``PyTorchError`` or `ZipError`.
  init(_ archive: ZipArchive) throws {
    let path = archive.file.path
    guard let prefix = Self.prefix(of: archive) else {
      throw PyTorchError.unknownFormat(path: path)
    }
    func member(_ name: String) -> ZipArchive.Member? {
      archive.members.first { $0.name == prefix + name }
    }
    let isScript =
      member("constants.pkl") != nil
      || archive.members.contains { $0.name.hasPrefix(prefix + "code/") }
    guard !isScript else {
      throw PyTorchError.unsupported(path: path, found: "an archive of TorchScript")
    }
    guard let pickle = member("data.pkl") else { throw PyTorchError.unknownFormat(path: path) }
    let pickles = archive.members.count { $0.name.hasSuffix("/data.pkl") && $0.name.isOneDeep }
    guard pickles == 1 else {
      throw PyTorchError.malformed(path: path, reason: "expected one data.pkl, found \(pickles)")
    }
    let order = try member("byteorder").map { try archive.prefix(of: $0, count: 8) }
    guard order.map({ $0 == Array("little".utf8) || $0 == Array("big".utf8) }) ?? true else {
      throw PyTorchError.malformed(
        path: path, reason: "member 'byteorder': expected little or big, found something else")
    }
    var members: [String: ZipArchive.Member] = [:]
    for member in archive.members where member.name.hasPrefix(prefix + "data/") {
      members[String(member.name.dropFirst(prefix.count + 5))] = member
    }
    storages = .archive(
      SavedStorages(members, of: archive, isBigEndian: order?.first == UInt8(ascii: "b")))
    self.archive = archive
    self.pickle = pickle
  }

  /// A deflated pickle may have so many bytes, or as many as the whole file if it is larger: each may
  /// be an instruction.
  private static let mostUnpacked = 1 << 20

  /// The pickle of what was saved. Throws ``PyTorchError`` or `ZipError`.
  func object(limits: ReadingLimits) throws -> Pickle {
    let allowed = max(Self.mostUnpacked, archive.file.count)
    guard !pickle.isDeflated || pickle.size <= allowed else {
      throw ZipError.malformedMember(
        path: archive.file.path, member: pickle.name,
        reason: "expected a pickle that unpacks to at most \(allowed) bytes, found \(pickle.size)")
    }
    let bytes =
      if let range = try archive.storedRange(of: pickle) {
        TensorBytes(of: archive.file, in: range)
      } else {
        TensorBytes(try archive.header(of: pickle))
      }
    let object = try PickleReader.read(
      bytes, path: archive.file.path, name: pickle.name, limits: limits)
    guard object.byteCount == bytes.count else {
      throw PyTorchError.malformedPickle(
        path: archive.file.path, pickle: pickle.name, position: object.byteCount,
        reason: "expected the end, found \(bytes.count - object.byteCount) bytes")
    }
    return object
  }

  /// The folder of the archive's `data.pkl`, with the slash; nil if there is none.
  static func prefix(of archive: ZipArchive) -> String? {
    let pickle = archive.members.first { $0.name.hasSuffix("/data.pkl") && $0.name.isOneDeep }
    return pickle.map { String($0.name.dropLast("data.pkl".count)) }
  }
}

extension String {
  /// Whether one slash stands in the name of a member.
  fileprivate var isOneDeep: Bool { utf8.count { $0 == UInt8(ascii: "/") } == 1 }
}
