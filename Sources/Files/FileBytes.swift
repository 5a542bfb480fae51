import Glibc

/// The bytes of a file, mapped read-only into memory (wraps `mmap` and `munmap`).
///
/// Pages are read when they are touched, so opening a large file costs nothing.
@safe public final class FileBytes: @unchecked Sendable {  // immutable after init
  /// The path as the caller gave it, for messages.
  public let path: String

  /// The size of the file in bytes.
  public let count: Int

  private let start: UnsafeRawPointer?

  /// Maps the file at `path`.
  ///
  /// A pipe is refused like any other file that is not regular, without waiting for its writer.
  /// Throws ``FileError`` when nothing is there, it is not a regular file or it cannot be read.
  public init(path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.whenReading(path, errno) }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .whenReading(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    self.path = path
    count = Int(status.st_size)
    guard count > 0 else {
      unsafe start = nil
      return
    }
    let mapping = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      throw .unreadable(path: path, reason: reason(errno))
    }
    unsafe start = UnsafeRawPointer(mapping)
  }

  deinit {
    if let start = unsafe start { unsafe munmap(UnsafeMutableRawPointer(mutating: start), count) }
  }

  /// Gives back the memory of the pages read so far (wraps `madvise`); they are read again when
  /// they are touched.
  public func releasePages() {
    guard let start = unsafe start else { return }
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: start), count, MADV_DONTNEED)
  }

  /// Lends `count` bytes from `offset`. Both must lie inside the file.
  public func withBytes<Result, Failure: Error>(
    in range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the file")
    let buffer = unsafe UnsafeRawBufferPointer(
      start: start.map { unsafe $0 + range.lowerBound }, count: range.count)
    return try unsafe body(buffer.bytes)
  }

  /// Lends every byte of the file.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withBytes(in: 0..<count, body)
  }
}

extension FileError {
  static func whenReading(_ path: String, _ code: Int32) -> FileError {
    code == ENOENT || code == ENOTDIR
      ? .notFound(path: path) : .unreadable(path: path, reason: reason(code))
  }
}

/// The text of a POSIX error number (wraps `strerror`, which is thread-safe in glibc).
func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
