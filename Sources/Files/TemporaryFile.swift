import Glibc

/// A file in the folder of a target, on its way to take the place of the target.
///
/// It has no name until it is complete (`O_TMPFILE`, `linkat`), so that nothing is left of it when
/// the process is killed. On file systems that know no such files it has a random name from the
/// start (`O_EXCL`), and goes with the instance.
struct TemporaryFile: ~Copyable {
  /// Open for reading and writing.
  let file: Descriptor

  private let folder: Descriptor
  private let path: String
  /// The name in the folder; nil: it has none.
  private let name: String?

  /// Creates an empty file in the folder of `target`, `isUnnamed` where the file system can.
  ///
  /// Throws ``FileError/cannotCreate(path:reason:)``, which names the target as `path`.
  init(for target: WriteTarget, path: String, isUnnamed: Bool) throws(FileError) {
    guard let folder = Descriptor(unsafe open(target.folder, __O_PATH | O_DIRECTORY | O_CLOEXEC))
    else { throw .cannotCreate(path: path, reason: reason(errno)) }
    let mode = target.permissions ?? 0o666
    if isUnnamed, let file = try Self.unnamed(in: folder, mode, path) {
      self.file = file
      name = nil
    } else {
      let created = try Self.named(path) { name in
        unsafe openat(
          folder.number, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
      }
      guard let file = Descriptor(created.result) else { preconditionFailure("no descriptor") }
      self.file = file
      name = created.name
    }
    self.folder = folder
    self.path = path
  }

  deinit {
    if let name { _ = unsafe unlinkat(folder.number, name, 0) }
  }

  /// Gives the file the name `target` in its folder, in place of whatever has it, and syncs the
  /// folder.
  ///
  /// Throws ``FileError/cannotCreate(path:reason:)``, or ``FileError/writeFailed(path:reason:)``
  /// where the folder cannot be synced: the file then has its name, for as long as the system runs.
  consuming func publish(as target: String) throws(FileError) {
    if let name {
      try rename(name, to: target)
    } else if !(try isLinked(as: target)) {
      let (name, _) = try Self.named(path) { name in link(as: name) }
      try rename(name, to: target)
    }
    try syncFolder()
  }

  /// Whether the file, which has no name, could get one that nothing has.
  private borrowing func isLinked(as target: String) throws(FileError) -> Bool {
    if link(as: target) == 0 { return true }
    guard errno == EEXIST else { throw .cannotCreate(path: path, reason: reason(errno)) }
    return false
  }

  /// Wraps `linkat` as open(2) says under `O_TMPFILE`.
  private borrowing func link(as name: String) -> Int32 {
    unsafe linkat(
      AT_FDCWD, "\(Self.descriptors)/\(file.number)", folder.number, name, AT_SYMLINK_FOLLOW)
  }

  private borrowing func rename(_ name: String, to target: String) throws(FileError) {
    guard unsafe renameat(folder.number, name, folder.number, target) != 0 else { return }
    let code = errno
    _ = unsafe unlinkat(folder.number, name, 0)
    throw .cannotCreate(path: path, reason: reason(code))
  }

  /// A folder that may not be read cannot be opened to be synced: then everything is (`sync`, which
  /// tells of no error). Some file systems have nothing to sync (`EINVAL`).
  private borrowing func syncFolder() throws(FileError) {
    guard
      let opened = Descriptor(
        unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    else { return sync() }
    let code = fsync(opened.number) == 0 ? 0 : errno
    guard code == 0 || code == EINVAL else {
      throw .writeFailed(path: path, reason: "its folder: \(reason(code))")
    }
  }

  private static let descriptors = "/proc/self/fd"

  /// A file without a name; nil where the file system knows none, as open(2) lists the reasons, or
  /// where it could not get a name later.
  private static func unnamed(
    in folder: borrowing Descriptor, _ mode: mode_t, _ path: String
  ) throws(FileError) -> Descriptor? {
    guard unsafe access(descriptors, X_OK) == 0 else { return nil }
    let file = Descriptor(
      unsafe openat(folder.number, ".", __O_TMPFILE | O_RDWR | O_CLOEXEC, mode))
    if let file { return file }
    guard [EOPNOTSUPP, EISDIR, ENOENT].contains(errno) else {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
    return nil
  }

  /// What `create` returns for a random name that nothing has yet.
  ///
  /// The name says nothing of the target's, which may be as long as names can be.
  private static func named(
    _ path: String, _ create: (String) -> Int32
  ) throws(FileError) -> (name: String, result: Int32) {
    for _ in 0..<100 {
      let name = ".stm-\(String(UInt64.random(in: 0 ... .max), radix: 16)).partial"
      let result = create(name)
      if result >= 0 { return (name, result) }
      guard errno == EEXIST else { break }
    }
    throw .cannotCreate(path: path, reason: reason(errno))
  }
}
