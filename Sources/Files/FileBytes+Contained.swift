import Glibc

extension FileBytes {
  /// Maps the file `name` of the folder at `folder`, where a stranger chose the name.
  ///
  /// The file must be in the folder or below it: `name` is relative, with `/` between its parts,
  /// and `..` and backslashes are refused. No part may be a symbolic link, and the file must be a
  /// regular one without other names (`st_nlink` 1), so that neither leads anywhere else. Every
  /// part is opened within the one before it (wraps `openat` with `O_NOFOLLOW`), so nothing that
  /// was checked can be exchanged before it is used. `folder` itself is trusted.
  /// Throws ``FileError``.
  public convenience init(contained name: String, in folder: String) throws(FileError) {
    let path = folder + (folder.hasSuffix("/") ? "" : "/") + name
    guard !name.hasPrefix("/") else { throw .notContained(path: path, reason: "it is absolute") }
    let parts = name.split(separator: "/").filter { $0 != "." }
    guard let last = parts.last, !name.hasSuffix("/") else {
      throw .notContained(path: path, reason: "no file is named")
    }
    guard !parts.contains("..") else { throw .notContained(path: path, reason: "it leads upwards") }
    guard !name.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == 0 }) else {
      throw .notContained(path: path, reason: "it holds a backslash or a null character")
    }
    var parent = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { throw .whenReading(folder, errno) }
    defer { _ = close(parent) }
    for part in parts.dropLast() {
      let child = try Self.openPart(String(part), in: parent, O_RDONLY | O_DIRECTORY, path)
      _ = close(parent)
      parent = child
    }
    let file = try Self.openPart(String(last), in: parent, O_RDONLY | O_NONBLOCK, path)
    defer { _ = close(file) }
    try self.init(mapping: file, path: path)
    guard names == 1 else {
      throw .notContained(path: path, reason: "it has \(names) names, as hard links are")
    }
  }

  /// Opens one part of a path without following it where it is a link.
  private static func openPart(
    _ part: String, in parent: Int32, _ flags: Int32, _ path: String
  ) throws(FileError) -> Int32 {
    let descriptor = unsafe openat(parent, part, flags | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor < 0 else { return descriptor }
    let code = errno
    guard code != ENAMETOOLONG else {
      throw .notContained(path: path, reason: "no file can be called so (\(reason(code)))")
    }
    var status = stat()
    guard unsafe fstatat(parent, part, &status, AT_SYMLINK_NOFOLLOW) == 0,
      status.st_mode & S_IFMT == S_IFLNK
    else { throw .whenReading(path, code) }
    throw .notContained(path: path, reason: "'\(part)' is a symbolic link")
  }
}
