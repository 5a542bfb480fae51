import Glibc

/// A folder of the file system, read in a fixed order.
public enum Folder {
  /// The names in the folder at `path`, sorted by their bytes, without `.` and `..`.
  ///
  /// Throws ``FileError`` when it is missing, not a folder or cannot be read.
  public static func names(at path: String) throws(FileError) -> [String] {
    guard let folder = unsafe opendir(path) else {
      let code = errno
      var status = stat()
      if unsafe code == ENOTDIR && stat(path, &status) == 0 { throw .notAFolder(path: path) }
      throw .whenReading(path, code)
    }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { text in
          unsafe String(cString: text)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether `path` is an existing folder.
  public static func exists(at path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether both paths lead to the same existing folder.
  public static func areSame(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    let found = unsafe (stat(first, &one), stat(second, &other)) == (0, 0)
    return found && one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }

  /// Creates the folder at `path` and those above it where they are missing.
  ///
  /// Throws ``FileError/cannotCreate(path:reason:)``.
  public static func create(at path: String) throws(FileError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + part
      let code = unsafe mkdir(prefix, 0o755) == 0 ? 0 : errno
      guard code == 0 || (code == EEXIST && exists(at: prefix)) else {
        throw .cannotCreate(path: path, reason: reason(code))
      }
    }
  }
}
