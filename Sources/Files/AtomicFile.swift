import Glibc

/// Writes a file so that a reader sees the old contents or the new, never half of them.
///
/// The bytes go to a file without a name in the folder of the target, which is synced, gets the name
/// of the target in place of what had it (`linkat`, `rename`), and its folder is synced: whenever the
/// process is killed, the machine loses power or the disk is full, the target is as it was before or
/// complete. On any failure the new file is gone and the target keeps its old contents. Of two
/// processes that write to one target, the later one's file stays, whole. File systems that know no
/// files without a name get a hidden one, `.stm-….partial`, that a kill leaves behind; elsewhere it is
/// there between the two calls that replace an existing file.
///
/// A target that is a symbolic link is followed. A file that is replaced keeps its permission bits,
/// and other hard links of it their contents; a new one has the bits that the umask leaves.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let target: WriteTarget
  private let temporary: TemporaryFile

  private init(path: String, isUnnamed: Bool) throws(FileError) {
    let target = try WriteTarget(path)
    temporary = try TemporaryFile(for: target, path: path, isUnnamed: isUnnamed)
    self.path = path
    self.target = target
  }

  /// Appends every byte of `bytes`. Throws ``FileError/writeFailed(path:reason:)``.
  public borrowing func append(_ bytes: RawSpan) throws(FileError) {
    try FileWriter(path: path, descriptor: temporary.file.number).append(bytes)
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
    try write(to: path, isUnnamed: true, body, verify: verify)
  }

  /// The same, with a name from the start where not `isUnnamed`, as on file systems that know no
  /// files without.
  package static func write(
    to path: String, isUnnamed: Bool, _ body: (borrowing AtomicFile) throws -> Void,
    verify: (borrowing FileReader) throws -> Void = { _ in }
  ) throws {
    let file = try AtomicFile(path: path, isUnnamed: isUnnamed)
    try body(file)
    try file.finish()
    try verify(FileReader(path: path, descriptor: file.temporary.file.number))
    try file.publish()
  }

  /// Creates or replaces the file at `path` with `bytes`. Throws ``FileError``.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { file in try file.append(bytes) }
  }

  /// Checks that a file can be created or replaced at `path`, and touches nothing.
  ///
  /// For outputs of long work, before it starts. Throws ``FileError/cannotCreate(path:reason:)``.
  public static func check(_ path: String) throws(FileError) {
    let folder = try WriteTarget(path).folder
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
  }

  private borrowing func finish() throws(FileError) {
    let descriptor = temporary.file.number
    if let permissions = target.permissions, fchmod(descriptor, permissions) != 0 {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
    guard fsync(descriptor) == 0 else {
      throw .writeFailed(path: path, reason: reason(errno))
    }
  }

  private consuming func publish() throws(FileError) { try temporary.publish(as: target.name) }
}
