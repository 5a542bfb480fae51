import Glibc

/// A file that stays open while this is there.
public struct OpenFile: ~Copyable, Sendable {
  /// The number that the system knows it by, which programs that are started do not get.
  public let descriptor: Int32

  /// Takes over `descriptor`.
  public init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { _ = close(descriptor) }
}

extension FileBytes {
  /// The file once more, for somebody who needs it open; it must still be the one that was mapped.
  ///
  /// Throws ``FileError``.
  public func opened() throws(FileError) -> OpenFile {
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .whenReading(path, errno) }
    let file = OpenFile(descriptor)
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .whenReading(path, errno) }
    guard identity == Identity(status) else {
      throw .unreadable(path: path, reason: "it was replaced while it was read")
    }
    return file
  }
}
