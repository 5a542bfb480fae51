import Glibc

/// Writes a file so that a reader sees the old contents or the new, never half of them.
///
/// The bytes go to a file beside the target, which is synced and then renamed over it
/// (`fsync`, `rename`); on any failure it is removed and the target keeps its old contents.
/// A target that is a symbolic link is followed. A file that is replaced keeps its permission
/// bits; a new one has those that the umask leaves.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let target: Target
  private let temporaryPath: String
  private let descriptor: Int32

  private init(path: String, target: Target) throws(FileError) {
    self.path = path
    self.target = target
    temporaryPath = "\(target.path).partial-\(getpid())"
    descriptor = unsafe open(
      temporaryPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, target.permissions ?? 0o666)
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

  /// Creates or replaces the file at `path` with what `body` appends and `verify` approves.
  ///
  /// `verify` reads the file when it is complete and synced, before it takes its place. Throws
  /// ``FileError`` when it cannot be created or written, or what `body` or `verify` throws.
  public static func write(
    to path: String, _ body: (borrowing AtomicFile) throws -> Void,
    verify: (borrowing FileReader) throws -> Void = { _ in }
  ) throws {
    let file = try AtomicFile(path: path, target: Target(path))
    do {
      try body(file)
      try file.finish()
      try verify(FileReader(path: path, descriptor: file.descriptor))
    } catch {
      _ = close(file.descriptor)
      _ = unsafe unlink(file.temporaryPath)
      throw error
    }
    guard close(file.descriptor) == 0 else {
      let code = errno
      _ = unsafe unlink(file.temporaryPath)
      throw FileError.writeFailed(path: path, reason: reason(code))
    }
    guard unsafe rename(file.temporaryPath, file.target.path) == 0 else {
      let code = errno
      _ = unsafe unlink(file.temporaryPath)
      throw FileError.cannotCreate(path: path, reason: reason(code))
    }
  }

  /// Creates or replaces the file at `path` with `bytes`. Throws ``FileError``.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { file in try file.append(bytes) }
  }

  /// Checks that a file can be created or replaced at `path`, and touches nothing.
  ///
  /// For outputs of long work, before it starts. Throws ``FileError/cannotCreate(path:reason:)``.
  public static func check(_ path: String) throws(FileError) {
    let folder = try FilePath.folder(of: Target(path).path)
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
  }

  private borrowing func finish() throws(FileError) {
    if let permissions = target.permissions, fchmod(descriptor, permissions) != 0 {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
    guard fsync(descriptor) == 0 else {
      throw .writeFailed(path: path, reason: reason(errno))
    }
  }
}

/// Where a file is to be: nothing, or a regular file that is replaced.
private struct Target {
  /// The path, with symbolic links followed where a file is there.
  let path: String
  /// The permission bits of the file that is there.
  let permissions: mode_t?

  /// Throws ``FileError/cannotCreate(path:reason:)`` for a folder, a device, a pipe or a link to
  /// nothing.
  init(_ path: String) throws(FileError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      let code = errno
      guard unsafe code == ENOENT && lstat(path, &status) != 0 else {
        throw .cannotCreate(path: path, reason: reason(code))
      }
      self.path = path
      permissions = nil
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .cannotCreate(path: path, reason: "expected a regular file")
    }
    guard let resolved = unsafe realpath(path, nil) else {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
    defer { unsafe free(resolved) }
    self.path = unsafe String(cString: resolved)
    permissions = status.st_mode & 0o777
  }
}
