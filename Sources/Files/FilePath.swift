import Glibc

/// Paths of files that need not be there.
public enum FilePath {
  /// Whether writing to one path would replace what is at the other.
  ///
  /// Symbolic links are followed, and hard links of one file are the same (their device and inode
  /// are): ``AtomicFile`` would leave the other name its contents, but nobody means to replace one
  /// name of an input.
  public static func areSame(_ first: String, _ second: String) -> Bool {
    var (one, other) = (stat(), stat())
    switch unsafe (stat(first, &one), stat(second, &other)) {
    case (0, 0): return one.st_dev == other.st_dev && one.st_ino == other.st_ino
    case (0, _), (_, 0): return false
    default: return resolved(first) == resolved(second)
    }
  }

  /// Whether something is at `path`.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0
  }

  /// Whether a regular file is at `path`.
  public static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether `path` itself is a symbolic link.
  public static func isLink(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The bytes of the file at `path`, which is not opened. Throws `FileError` where there is none.
  public static func size(of path: String) throws(FileError) -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .whenReading(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    return Int(status.st_size)
  }

  /// Removes the file at `path` where there is one. Throws ``FileError/writeFailed(path:reason:)``.
  public static func remove(_ path: String) throws(FileError) {
    guard unsafe unlink(path) != 0 else { return }
    let code = errno
    guard code == ENOENT else { throw .writeFailed(path: path, reason: reason(code)) }
  }

  /// The part of `path` that names the folder of the file, as in `a/` or `.`.
  public static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  }

  /// The folder that the file or folder at `path` is in, as in `a` or `.`.
  public static func parent(of path: String) -> String {
    let parts = path.split(separator: "/")
    let above = parts.dropLast().joined(separator: "/")
    return path.hasPrefix("/") ? "/\(above)" : above.isEmpty ? "." : above
  }

  /// The part of `path` behind its folder.
  public static func name(of path: String) -> String {
    String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
  }

  /// The end of the name from its last dot on, as in `.onnx`; nil: there is none, or nothing
  /// before.
  public static func ending(of path: String) -> String? {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
    return String(name[dot...])
  }

  /// The name without what ``ending(of:)`` gives.
  public static func stem(of path: String) -> String {
    String(name(of: path).dropLast(ending(of: path)?.count ?? 0))
  }

  /// `path` without links, as far as it leads to something that is there, and without dots.
  public static func resolved(_ path: String) -> String {
    if let whole = real(path) { return whole }
    let parts = path.split(separator: "/")
    guard let name = parts.last else { return path }
    let above = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
    let parent = resolved(above.isEmpty ? "." : above)
    switch name {
    case ".": return parent
    case "..": return resolved(folder(of: parent))
    default: return parent.hasSuffix("/") ? parent + name : "\(parent)/\(name)"
    }
  }

  /// Wraps `realpath`, which gives nothing for what is not there.
  private static func real(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
