import Glibc

/// Where a file is to be: nothing, or a regular file that is replaced.
struct WriteTarget {
  /// The folder, with symbolic links of the target followed where a file is there.
  let folder: String
  /// The name in the folder.
  let name: String
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
      self.init(place: path, permissions: nil)
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .cannotCreate(path: path, reason: "expected a regular file")
    }
    guard let resolved = unsafe realpath(path, nil) else {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
    defer { unsafe free(resolved) }
    self.init(place: unsafe String(cString: resolved), permissions: status.st_mode & 0o777)
  }

  private init(place: String, permissions: mode_t?) {
    folder = FilePath.folder(of: place)
    name = FilePath.name(of: place)
    self.permissions = permissions
  }
}
