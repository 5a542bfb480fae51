import Glibc

/// Appends to an open file, whatever the system takes at once (wraps `write`).
public struct FileWriter: Sendable {
  private let path: String
  private let descriptor: Int32

  /// A writer of the file that `descriptor` stands for, which stays the caller's to close; messages
  /// call it `path`.
  public init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Appends every byte of `bytes`. Throws ``FileError/writeFailed(path:reason:)``.
  public func append(_ bytes: RawSpan) throws(FileError) {
    var written = 0
    while written < bytes.byteCount {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor, buffer.baseAddress.map { unsafe $0 + written }, buffer.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .writeFailed(path: path, reason: reason(errno)) }
      written += count
    }
  }
}
