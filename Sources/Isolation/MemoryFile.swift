import CSandbox
public import Files
import Glibc

/// A file that is only in memory, and goes when nobody has it open (wraps `memfd_create`).
public struct MemoryFile: ~Copyable {
  /// What messages call it.
  private let path: String
  private let file: Descriptor

  /// The number that the system knows it by.
  public var descriptor: Int32 { file.number }

  /// An empty file for what comes from the file at `path`. Throws ``IsolationError``.
  public init(for path: String) throws(IsolationError) {
    guard let file = Descriptor(unsafe csandbox_memory_file("stm-tools")) else {
      throw .unavailable(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    self.path = path
    self.file = file
  }

  /// Appends every byte of `bytes`. Throws `FileError`.
  public func append(_ bytes: RawSpan) throws(FileError) {
    try FileWriter(path: path, descriptor: descriptor).append(bytes)
  }

  /// The bytes, which nobody can change any more, whoever else has the file open.
  ///
  /// Throws `FileError`, or ``IsolationError`` where somebody can.
  public func sealed() throws -> FileBytes {
    guard csandbox_seal(descriptor) == 0 else {
      throw IsolationError.unavailable(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    return try FileBytes(mapping: descriptor, path: path)
  }
}
