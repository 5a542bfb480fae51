import Glibc

extension FileBytes {
  /// The file once more, for somebody who needs it open; it must still be the one that was mapped.
  ///
  /// Throws ``FileError``.
  public func opened() throws(FileError) -> Descriptor {
    guard let file = Descriptor(unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) else {
      throw .whenReading(path, errno)
    }
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else { throw .whenReading(path, errno) }
    guard identity == Identity(status) else {
      throw .unreadable(path: path, reason: "it was replaced while it was read")
    }
    return file
  }
}
