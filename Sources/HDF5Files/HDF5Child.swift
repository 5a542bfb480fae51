import Files
import Foundation
import Isolation
import Tensors

/// A confined process in which libhdf5 reads a file of a stranger.
///
///     parent                        child
///     starts it with a request  ->  maps descriptor 3, the HDF5 file
///                                   `Sandbox.enter`
///                                   libhdf5 reads the file as an image in memory
///     reads the answer          <-  writes descriptor 4, a file in memory
///
/// The answer is safetensors, or a refusal in JSON. The parent takes it for a stranger's too: it is
/// read when the child is gone and nobody can change it, and checked as every other such file.
public enum HDF5Child {
  /// What the child is started with.
  private struct Request: Codable {
    let path: String
    let limits: ReadingLimits
    let allowance: Sandbox.Allowance
  }

  private static let argument = "--confined-hdf5-reader"
  private static let file: Int32 = 3
  private static let answer: Int32 = 4

  /// What the child ends with: an answer, a refusal, or no confinement.
  private enum Status {
    static let answered: Int32 = 0
    static let refused: Int32 = 65
    static let unconfined: Int32 = 71
  }

  /// Reads and ends, where this process was started for that; otherwise does nothing.
  ///
  /// Every program that reads with `HDF5Reader.confined(.current)` calls this at its start.
  public static func runIfAsked() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, arguments[1] == argument else { return }
    exit(run(arguments[2]))
  }

  private static func run(_ request: String) -> Int32 {
    do {
      let request = try JSONDecoder().decode(Request.self, from: Data(request.utf8))
      let bytes = try FileBytes(mapping: file, path: request.path)
      let writer = FileWriter(path: request.path, descriptor: answer)
      do {
        try Sandbox.enter(request.allowance)
      } catch {
        try unsafe writer.append(Array(error.reason.utf8).span.bytes)
        return Status.unconfined
      }
      do {
        try HDF5Answer.write(
          try HDF5File.contents(
            of: TensorBytes(of: bytes, in: 0..<bytes.count), path: request.path,
            limits: request.limits), to: writer)
        return Status.answered
      } catch {
        guard ftruncate(answer, 0) == 0, lseek(answer, 0, SEEK_SET) == 0 else { return 74 }
        let refusal = HDF5Refusal(error, path: request.path)
        try unsafe writer.append([UInt8](try JSONEncoder().encode(refusal)).span.bytes)
        return Status.refused
      }
    } catch { return 70 }
  }

  /// What a child of `program` reads in `descriptor`, a file of `byteCount` bytes that is called
  /// `path`.
  ///
  /// Throws `IsolationError`, ``HDF5Error``, `FileError`, `SafetensorsError` or `TensorError`.
  static func contents(
    of descriptor: Int32, byteCount: Int, path: String, limits: ReadingLimits,
    by program: ChildProgram
  ) throws -> HDF5Contents {
    let allowance = Sandbox.Allowance(ofFile: byteCount, limits)
    let request = Request(path: path, limits: limits, allowance: allowance)
    let memory = try MemoryFile(for: path)
    let ending = try program.run(
      [argument, String(decoding: try JSONEncoder().encode(request), as: UTF8.self)],
      descriptors: [descriptor, memory.descriptor], seconds: 10 * allowance.seconds + 30,
      reading: path)
    func died(_ reason: String) -> IsolationError {
      .died(path: path, library: "libhdf5", reason: reason)
    }
    switch ending {
    case .exited(Status.answered):
      return try HDF5Answer.read(try memory.sealed())
    case .exited(Status.refused):
      throw try HDF5Refusal.read(try memory.sealed()).error
    case .exited(Status.unconfined):
      let reason = try memory.sealed().withBytes { bytes in
        unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
      }
      throw IsolationError.unavailable(path: path, reason: reason)
    case .exited(let status): throw died("ended with status \(status)")
    case .killed(SIGXCPU):
      throw died("took more than the \(allowance.seconds) s of processor time that it had")
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
  ///
  /// Of all that it may unpack to, one dataset is in memory while it is written.
  fileprivate init(ofFile byteCount: Int, _ limits: ReadingLimits) {
    let unpacked = min(limits.bytesUnpacked(of: byteCount), limits.totalBytes, 1 << 48)
    self.init(
      memory: byteCount + unpacked + 48 << 20, seconds: 1 + byteCount >> 24,
      fileSize: byteCount + unpacked + 1 << 20)
  }
}
