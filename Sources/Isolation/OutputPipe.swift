import CSandbox
import Files
import Glibc

/// A pipe through which a child process hands over bytes while it works.
struct OutputPipe: ~Copyable {
  /// The end that this process reads.
  let output: Descriptor

  /// The end that the child writes to. While this process has it open as well, the pipe never ends.
  let input: Descriptor

  /// A pipe for what comes of the file at `path`. Throws ``IsolationError``.
  init(reading path: String) throws(IsolationError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe csandbox_pipe(&ends) == 0, let output = Descriptor(ends[0]),
      let input = Descriptor(ends[1])
    else { throw .unavailable(path: path, reason: unsafe String(cString: strerror(errno))) }
    self.output = output
    self.input = input
  }
}

extension Descriptor {
  /// Closes it now.
  consuming func close() {}

  /// What a child hands over through a pipe: a count, eight bytes little-endian, and then so many
  /// bytes.
  ///
  /// Nil where fewer came than were announced, none or more than `limit` were announced, or the
  /// `deadline` passed.
  func bytes(atMost limit: Int, until deadline: ContinuousClock.Instant) -> [UInt8]? {
    var header: UInt64 = 0
    let headerCount = unsafe withUnsafeMutableBytes(of: &header) {
      unsafe Self.fill($0, from: number, until: deadline)
    }
    guard headerCount == 8, let count = Int(exactly: UInt64(littleEndian: header)), count <= limit
    else { return nil }
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      unsafe Self.askForHugePages(UnsafeMutableRawBufferPointer(buffer))
      initializedCount = unsafe Self.fill(
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count])),
        from: number, until: deadline)
    }
    return bytes.count == count ? bytes : nil
  }

  /// Asks for huge pages where whole ones lie in `buffer`: most of what filling new memory costs is the
  /// faults of its pages. That they may not be had changes nothing else.
  private static func askForHugePages(_ buffer: UnsafeMutableRawBufferPointer) {
    let page = 1 << 21
    guard let base = buffer.baseAddress else { return }
    let start = unsafe base.alignedUp(toMultipleOf: page)
    let end = unsafe (base + buffer.count).alignedDown(toMultipleOf: page)
    guard unsafe start < end else { return }
    _ = unsafe madvise(start, end - start, MADV_HUGEPAGE)
  }

  /// Reads until `buffer` is full, the pipe ends or the `deadline` passes; how many bytes there were.
  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from pipe: Int32,
    until deadline: ContinuousClock.Instant
  ) -> Int {
    var filled = 0
    while filled < buffer.count {
      let remaining = deadline - .now
      guard remaining > .zero else { break }
      var state = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&state, 1, Int32(min(remaining / .milliseconds(1), 1_000)) + 1)
      if ready == 0 || ready < 0 && errno == EINTR { continue }
      let count = unsafe read(
        pipe, buffer.baseAddress.map { unsafe $0 + filled }, buffer.count - filled)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    return filled
  }
}
