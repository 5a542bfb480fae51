public import Files
public import Tensors
import ZipFiles

/// Reads and writes NumPy's files: one array (.npy), or a zip archive of arrays (.npz).
///
/// An array of an archive is called as its member without `.npy`, a lone one as its file. Elements
/// come out row-major and little-endian whatever the file's order.
public enum NumpyFile {
  static let suffix = ".npy"

  /// Opens the file at `path`, reading the header of every array; elements follow when asked for.
  ///
  /// Throws `FileError`, `ZipError`, ``NumpyError`` or `TensorError`.
  public static func read(
    _ path: String, limits: ReadingLimits = .standard
  ) throws -> TensorArchive {
    let file = try FileBytes(path: path)
    if NumpyHeader.recognizes(file) { return try TensorArchive([entry(of: file, limits)]) }
    guard ZipArchive.recognizes(file) else { throw NumpyError.unknownFormat(path: path) }
    let archive = try ZipArchive(file, limits: limits)
    try limits.check(.tensors, archive.members.count, of: "zip directory", in: path)
    return try TensorArchive(try archive.members.map { try entry(of: $0, in: archive, limits) })
  }

  /// Whether `file` is one array, or a sound archive of nothing but arrays.
  public static func recognizes(
    _ file: FileBytes, limits: ReadingLimits = .standard
  ) -> Bool {
    if NumpyHeader.recognizes(file) { return true }
    guard ZipArchive.recognizes(file), let archive = try? ZipArchive(file, limits: limits) else {
      return false
    }
    return archive.members.allSatisfy { $0.name.hasSuffix(suffix) }
  }

  /// The array that fills `file`.
  private static func entry(
    of file: FileBytes, _ limits: ReadingLimits
  ) throws -> TensorArchive.Entry {
    let last = file.path.split(separator: "/").last.map(String.init) ?? file.path
    let name = last.hasSuffix(suffix) ? String(last.dropLast(suffix.count)) : last
    let header = try NumpyHeader(path: file.path, array: name, size: file.count, limits: limits) {
      count in
      file.withBytes(in: 0..<count) { bytes in
        unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
      }
    }
    return header.entry {
      TensorBytes(of: file, in: header.byteCount..<file.count)
    }
  }

  /// The array that is a member of an archive.
  private static func entry(
    of member: ZipArchive.Member, in archive: ZipArchive, _ limits: ReadingLimits
  ) throws -> TensorArchive.Entry {
    let path = archive.file.path
    guard member.name.hasSuffix(suffix) else {
      throw NumpyError.memberName(path: path, member: member.name)
    }
    let name = String(member.name.dropLast(suffix.count))
    let header = try NumpyHeader(path: path, array: name, size: member.size, limits: limits) {
      count in
      try archive.prefix(of: member, count: count)
    }
    return header.entry {
      if let range = try archive.storedRange(of: member) {
        return TensorBytes(of: archive.file, in: range.dropFirst(header.byteCount))
      }
      var contents = try archive.contents(of: member)
      contents.removeFirst(header.byteCount)
      return TensorBytes(contents)
    }
  }
}

extension NumpyHeader {
  /// The entry of the array whose elements, as the file holds them, `read` delivers.
  fileprivate func entry(
    _ read: @escaping @Sendable () throws -> TensorBytes
  ) -> TensorArchive.Entry {
    TensorArchive.Entry(name: array, elementType: elementType, shape: shape, source: path) {
      try Tensor(elementType: elementType, shape: shape, bytes: rowMajor(try read()))
    }
  }
}
