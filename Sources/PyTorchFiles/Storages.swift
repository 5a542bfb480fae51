import Files
import Synchronization
import Tensors
import ZipFiles

/// The storages of a file: rows of bytes by key.
enum Storages: Sendable {
  /// Members of a zip archive.
  case archive(SavedStorages)
  /// Parts of a stream: little-endian.
  case stream(FileBytes, [String: Range<Int>])

  /// How many bytes the storage `key` has; nil if there is none.
  func byteCount(of key: String) -> Int? {
    switch self {
    case .archive(let storages): storages.members[key]?.size
    case .stream(_, let ranges): ranges[key]?.count
    }
  }

  /// Whether elements of several bytes have the largest part first.
  var isBigEndian: Bool {
    switch self {
    case .archive(let storages): storages.isBigEndian
    case .stream: false
    }
  }

  /// A part of the storage `key`, which must be there. Throws `ZipError`.
  func bytes(of key: String, in range: Range<Int>) throws -> TensorBytes {
    switch self {
    case .archive(let storages): try storages.bytes(of: key, in: range)
    case .stream(let file, let ranges):
      TensorBytes(of: file, in: (ranges[key] ?? 0..<0).part(range))
    }
  }
}

/// The storages of a zip archive; each checksum is checked once, however many tensors share it.
final class SavedStorages: Sendable {
  let members: [String: ZipArchive.Member]
  let isBigEndian: Bool

  private let archive: ZipArchive
  private let checked = Mutex<[String: Range<Int>]>([:])

  init(_ members: [String: ZipArchive.Member], of archive: ZipArchive, isBigEndian: Bool) {
    self.members = members
    self.archive = archive
    self.isBigEndian = isBigEndian
  }

  func bytes(of key: String, in range: Range<Int>) throws -> TensorBytes {
    if let place = checked.withLock({ $0[key] }) {
      return TensorBytes(of: archive.file, in: place.part(range))
    }
    guard let member = members[key] else { preconditionFailure("no storage \(key)") }
    guard let place = try archive.storedRange(of: member) else {
      let contents = try archive.contents(of: member)
      return TensorBytes(range.count == contents.count ? contents : Array(contents[range]))
    }
    checked.withLock { $0[key] = place }
    return TensorBytes(of: archive.file, in: place.part(range))
  }
}

extension Range<Int> {
  /// `range` counted from the start of this one, inside which it must lie.
  fileprivate func part(_ range: Range<Int>) -> Range<Int> {
    lowerBound + range.lowerBound..<lowerBound + range.upperBound
  }
}
