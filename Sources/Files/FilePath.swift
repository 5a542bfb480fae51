import Glibc

/// Paths of files that need not be there.
public enum FilePath {
  /// Whether writing to one path replaces what is at the other.
  ///
  /// Symbolic links are followed; two hard links of one file are two places.
  public static func areSame(_ first: String, _ second: String) -> Bool {
    resolved(first) == resolved(second)
  }

  /// Whether something is at `path`.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0
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

  /// `path` without links and dots, as far as it leads to something that is there.
  private static func resolved(_ path: String) -> String {
    if let whole = real(path) { return whole }
    let name = path.split(separator: "/").last ?? ""
    return real(folder(of: path)).map { "\($0)/\(name)" } ?? path
  }

  /// Wraps `realpath`, which gives nothing for what is not there.
  private static func real(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
