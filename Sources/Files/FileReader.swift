import Glibc

/// Reads parts of an open file through a buffer of its own, never through a mapping (wraps `pread`).
///
/// What it reads is what the system holds for the file, in its cache or on the disk.
public struct FileReader: ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// A reader of the file that `descriptor` stands for, which stays the caller's to close.
  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// The size of the file in bytes. Throws ``FileError/unreadable(path:reason:)``.
  public var count: Int {
    get throws(FileError) {
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else {
        throw .unreadable(path: path, reason: reason(errno))
      }
      return Int(status.st_size)
    }
  }

  /// The bytes in `range`, fewer where the file ends before.
  ///
  /// Throws ``FileError/unreadable(path:reason:)``.
  public borrowing func bytes(in range: Range<Int>) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    bytes.removeLast(range.count - (try fill(&bytes, from: range.lowerBound)))
    return bytes
  }

  /// The index of the first of `expected` that the file, from `offset` on, does not hold; nil when
  /// it holds them all.
  ///
  /// Throws ``FileError/unreadable(path:reason:)``.
  public borrowing func firstDifference(
    from expected: RawSpan, at offset: Int
  ) throws(FileError) -> Int? {
    var buffer = [UInt8](repeating: 0, count: min(expected.byteCount, 1 << 18))
    var start = 0
    while start < expected.byteCount {
      let part = expected.extracting(start..<min(start + buffer.count, expected.byteCount))
      let count = try fill(&buffer, from: offset + start)
      let found = unsafe buffer.span.bytes.extracting(0..<min(count, part.byteCount))
      if !part.isIdentical(to: found) {
        let first = (0..<found.byteCount).first { index in
          unsafe part.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            != found.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        }
        return start + (first ?? found.byteCount)
      }
      start += part.byteCount
    }
    return nil
  }

  /// Fills `buffer` from the file at `offset`; returns how many bytes there were.
  private borrowing func fill(
    _ buffer: inout [UInt8], from offset: Int
  ) throws(FileError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe pread(
          descriptor, bytes.baseAddress.map { unsafe $0 + filled }, bytes.count - filled,
          offset + filled)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
      guard count > 0 else { break }
      filled += count
    }
    return filled
  }
}
