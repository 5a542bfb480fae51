import Glibc

/// Writes a file so that a reader sees the old contents or the new, never half of them.
///
/// The bytes go to a file beside the target, which is synced and then renamed over it
/// (`fsync`, `rename`); on any failure it is removed and the target keeps its old contents.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32

  private init(path: String) throws(FileError) {
    self.path = path
    temporaryPath = "\(path).partial-\(getpid())"
    descriptor = unsafe open(
      temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
  }

  /// Appends every byte of `bytes`. Throws ``FileError/writeFailed(path:reason:)``.
  public borrowing func append(_ bytes: RawSpan) throws(FileError) {
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

  /// Appends `bytes`. Throws ``FileError/writeFailed(path:reason:)``.
  public borrowing func append(_ bytes: [UInt8]) throws(FileError) {
    try unsafe append(bytes.span.bytes)
  }

  /// Creates or replaces the file at `path` with what `body` appends.
  ///
  /// Throws ``FileError`` when it cannot be created or written, or what `body` throws.
  public static func write(
    to path: String, _ body: (borrowing AtomicFile) throws -> Void
  ) throws {
    let file = try AtomicFile(path: path)
    do {
      try body(file)
      guard fsync(file.descriptor) == 0 else {
        throw FileError.writeFailed(path: path, reason: reason(errno))
      }
    } catch {
      _ = close(file.descriptor)
      _ = unsafe unlink(file.temporaryPath)
      throw error
    }
    _ = close(file.descriptor)
    guard unsafe rename(file.temporaryPath, path) == 0 else {
      let code = errno
      _ = unsafe unlink(file.temporaryPath)
      throw FileError.cannotCreate(path: path, reason: reason(code))
    }
  }

  /// Creates or replaces the file at `path` with `bytes`. Throws ``FileError``.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { file in try file.append(bytes) }
  }
}
