import Glibc

/// A file that grows: what is appended is in it at once, and survives the end of the process however
/// it comes (wraps `write` without a buffer).
public struct AppendedFile: ~Copyable, Sendable {
  private let path: String
  private let file: Descriptor

  /// Opens the regular file at `path`, which must be there.
  ///
  /// Throws ``FileError/cannotCreate(path:reason:)``.
  public init(path: String) throws(FileError) {
    let number = unsafe open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC)
    guard let file = Descriptor(number) else {
      throw .cannotCreate(path: path, reason: reason(errno))
    }
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .cannotCreate(path: path, reason: "expected a regular file")
    }
    self.path = path
    self.file = file
  }

  /// Appends `bytes`. Throws ``FileError/writeFailed(path:reason:)``.
  public borrowing func append(_ bytes: [UInt8]) throws(FileError) {
    try unsafe FileWriter(path: path, descriptor: file.number).append(bytes.span.bytes)
  }

  /// Waits until the file is on the disk, so that it survives a loss of power too (wraps `fsync`).
  ///
  /// Throws ``FileError/writeFailed(path:reason:)``.
  public borrowing func sync() throws(FileError) {
    guard fsync(file.number) == 0 else {
      throw .writeFailed(path: path, reason: reason(errno))
    }
  }
}
