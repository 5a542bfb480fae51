import Glibc

/// The bytes of a file, mapped read-only into memory (wraps `mmap` and `munmap`).
///
/// Pages are read when they are touched, so opening a large file costs nothing; they are let go when
/// what was lent is given back, so that going through a large file takes no more memory than its
/// largest part.
@safe public final class FileBytes: @unchecked Sendable {  // immutable after init
  /// The path as the caller gave it, for messages.
  public let path: String

  /// The size of the file in bytes.
  public let count: Int

  /// How many names the file had in its file system (`st_nlink`).
  let names: Int

  /// What tells a file from every other, and from itself after it changed its size.
  struct Identity: Equatable {
    private let device: dev_t
    private let number: ino_t
    private let size: off_t

    init(_ status: stat) {
      (device, number, size) = (status.st_dev, status.st_ino, status.st_size)
    }
  }

  let identity: Identity

  private let start: UnsafeRawPointer?

  /// Maps the file at `path`.
  ///
  /// A pipe is refused like any other file that is not regular, without waiting for its writer.
  /// Throws ``FileError`` when nothing is there, it is not a regular file, it cannot be read or it
  /// is a ``StandIn`` for another.
  public convenience init(path: String) throws(FileError) {
    guard !Folder.exists(at: path) else { throw .aFolder(path: path) }
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.whenReading(path, errno) }
    defer { _ = close(descriptor) }
    try self.init(mapping: descriptor, path: path)
    if let found = StandIn(self) { throw .standIn(path: path, found) }
  }

  /// Maps the open file `descriptor`, which the caller closes; messages call it `path`.
  ///
  /// Throws ``FileError``.
  public init(mapping descriptor: Int32, path: String) throws(FileError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .whenReading(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    self.path = path
    count = Int(status.st_size)
    names = Int(status.st_nlink)
    identity = Identity(status)
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

  /// Lends the bytes in `range`, which must lie inside the file.
  ///
  /// The pages that lie wholly in `range` are let go afterwards (wraps `madvise`); whoever touches
  /// them again gets the same bytes.
  public func withBytes<Result, Failure: Error>(
    in range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the file")
    let buffer = unsafe UnsafeRawBufferPointer(
      start: start.map { unsafe $0 + range.lowerBound }, count: range.count)
    defer { unsafe release(buffer) }
    return try unsafe body(buffer.bytes)
  }

  /// Lets go of all pages that were read so far, while more of them are lent.
  public func releasePages() {
    unsafe release(UnsafeRawBufferPointer(start: start, count: count))
  }

  private func release(_ buffer: UnsafeRawBufferPointer) {
    guard let start = buffer.baseAddress else { return }
    let page = sysconf(Int32(_SC_PAGESIZE))
    let first = unsafe start.alignedUp(toMultipleOf: page)
    let end = unsafe (start + buffer.count).alignedDown(toMultipleOf: page)
    guard unsafe first < end else { return }
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: first), end - first, MADV_DONTNEED)
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
