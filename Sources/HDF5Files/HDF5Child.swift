import Dispatch
import Files
import Foundation
import Isolation
import Synchronization
import Tensors

/// A confined process in which libhdf5 reads a file of a stranger.
///
/// Of a large file several read a share of the datasets each, side by side.
///
///     parent                        child
///     starts it with a request  ->  maps descriptor 3, which holds the HDF5 file
///                                   `Sandbox.enter`
///                                   libhdf5 reads the file as an image in memory
///     copies the elements       <-  writes descriptor 5, a pipe: elements that are not in the
///                                   file as they are
///     reads the answer          <-  writes descriptor 4, a file in memory: an answer or a
///                                   refusal, in JSON
///
/// The parent takes both for a stranger's too: it looks at them when the child is gone and nobody can
/// change them, and checks what they say against their sizes.
public enum HDF5Child {
  /// What the child is started with.
  private struct Request: Codable {
    let path: String
    let start: Int
    let count: Int
    let limits: ReadingLimits
    let allowance: Sandbox.Allowance
    let share: HDF5Share
  }

  /// The least of a file, in bytes, that is worth a process.
  private static let worthProcess = 16 << 20

  private static let argument = "--confined-hdf5-reader"
  private static let file: Int32 = 3
  private static let answer: Int32 = 4
  private static let elements: Int32 = 5

  /// What the child ends with: an answer, a refusal, no confinement, nobody who listens, or none of
  /// them.
  private enum Status {
    static let answered: Int32 = 0
    static let refused: Int32 = 65
    static let failed: Int32 = 70
    static let unconfined: Int32 = 71
    static let unheard: Int32 = 74
  }

  /// Reads and ends, where this process was started for that; otherwise does nothing.
  ///
  /// Every program that reads with `HDF5Reader.confined(.current)` calls this at its start.
  public static func runIfAsked() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, arguments[1] == argument else { return }
    exit((try? run(arguments[2])) ?? Status.failed)
  }

  private static func run(_ text: String) throws -> Int32 {
    let request = try JSONDecoder().decode(Request.self, from: Data(text.utf8))
    let file = try FileBytes(mapping: file, path: request.path)
    let source = HDF5Source(
      path: request.path,
      bytes: TensorBytes(of: file, in: request.start..<request.start + request.count))
    func write(_ value: some Encodable) throws {
      let bytes = [UInt8](try JSONEncoder().encode(value))
      try unsafe FileWriter(path: request.path, descriptor: answer).append(bytes.span.bytes)
    }
    do {
      try Sandbox.enter(request.allowance)
    } catch {
      try write(error.reason)
      return Status.unconfined
    }
    do {
      let walk = try HDF5Walk(
        source, limits: request.limits, readsAttributes: request.share.hasAttributes)
      let datasets = request.share.datasets(of: walk)
      let unpacked = datasets.filter { $0.dataset.place == nil }
      let output = FileWriter(path: request.path, descriptor: elements)
      let count = UInt64(unpacked.reduce(0) { $0 + $1.dataset.byteCount }).littleEndian
      try unsafe withUnsafeBytes(of: count) { try unsafe output.append($0.bytes) }
      try source.read(unpacked) { bytes in
        guard (try? output.append(bytes)) != nil else { exit(Status.unheard) }
      }
      try write(HDF5Answer(datasets, walk.attributes))
      return Status.answered
    } catch {
      try write(HDF5Refusal(error, path: request.path))
      return Status.refused
    }
  }

  /// What children of `program` find in `source`: as many as `processes`, or as many as its size is
  /// worth and processors are there for.
  ///
  /// Throws `IsolationError`, ``HDF5Error``, `FileError` or `TensorError`.
  static func contents(
    of source: HDF5Source, limits: ReadingLimits, by program: ChildProgram, processes: Int? = nil
  ) throws -> HDF5Contents {
    let count =
      processes
      ?? max(
        1,
        min(source.bytes.count / worthProcess, ProcessInfo.processInfo.activeProcessorCount, 4))
    if let (file, range) = source.bytes.mapping {
      let open = try file.opened()
      return try contents(
        of: source, in: open.number, range: range, limits: limits, by: program, count)
    }
    let memory = try MemoryFile(for: source.path)
    try source.bytes.withBytes { (bytes) throws(FileError) in try memory.append(bytes) }
    return try contents(
      of: source, in: memory.descriptor, range: 0..<source.bytes.count, limits: limits, by: program,
      count)
  }

  private static func contents(
    of source: HDF5Source, in descriptor: Int32, range: Range<Int>, limits: ReadingLimits,
    by program: ChildProgram, _ processes: Int
  ) throws -> HDF5Contents {
    let shares = Mutex([Result<HDF5Contents, any Error>?](repeating: nil, count: processes))
    DispatchQueue.concurrentPerform(iterations: processes) { index in
      let share = Result {
        try contents(
          of: source, in: descriptor, range: range, limits: limits, by: program,
          HDF5Share(index: index, count: processes))
      }
      shares.withLock { $0[index] = share }
    }
    return try HDF5Contents(shares.withLock { try $0.compactMap { try $0?.get() } })
  }

  private static func contents(
    of source: HDF5Source, in descriptor: Int32, range: Range<Int>, limits: ReadingLimits,
    by program: ChildProgram, _ share: HDF5Share
  ) throws -> HDF5Contents {
    let path = source.path
    let allowance = Sandbox.Allowance(ofFile: range.count, limits)
    let request = Request(
      path: path, start: range.lowerBound, count: range.count, limits: limits,
      allowance: allowance, share: share)
    let answer = try MemoryFile(for: path)
    let outcome = try program.run(
      [argument, String(decoding: try JSONEncoder().encode(request), as: UTF8.self)],
      descriptors: [descriptor, answer.descriptor], byteLimit: allowance.memory,
      seconds: 10 * allowance.seconds + 30, reading: path)
    func died(_ reason: String) -> IsolationError {
      .died(path: path, library: "libhdf5", reason: reason)
    }
    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
      let text = try answer.sealed().withBytes { bytes in
        unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
      }
      guard let value = try? Value(answer: text, path: path, limits: limits) else {
        throw died("gave no whole answer")
      }
      return value
    }
    switch outcome.ending {
    case .exited(Status.answered):
      guard let elements = outcome.output else { throw died("gave no whole answer") }
      return try read(HDF5Answer.self).contents(of: source, elements: TensorBytes(elements))
    case .exited(Status.refused): throw try read(HDF5Refusal.self).error
    case .exited(Status.unconfined):
      throw IsolationError.unavailable(path: path, reason: try read(String.self))
    case .exited(let status): throw died("ended with status \(status)")
    case .killed(SIGXCPU):
      throw died("took more than the \(allowance.seconds) s of processor time that it had")
    case .killed(SIGXFSZ):
      throw IsolationError.unavailable(
        path: path, reason: "its answer is larger than files may be here: see ulimit -f")
    case .killed(let signal):
      throw died(
        "was ended by signal \(signal) (\(unsafe String(cString: strsignal(signal)))), "
          + "with \(allowance.memory >> 20) MiB of memory to itself")
    case .late: throw died("did not end")
    }
  }
}

extension Sandbox.Allowance {
  /// What reading an HDF5 file of `byteCount` bytes may cost.
  fileprivate init(ofFile byteCount: Int, _ limits: ReadingLimits) {
    let unpacked = min(limits.bytesUnpacked(of: byteCount), limits.totalBytes, 1 << 48)
    self.init(
      memory: byteCount + unpacked + 64 << 20, seconds: 1 + byteCount >> 22,
      fileSize: byteCount + unpacked + 1 << 20)
  }
}
