import Files
import Glibc
import HDF5Files
import Isolation
import Tensors

/// Confines itself and tries what it is asked to, for the tests of confinement: status 0 if it can,
/// 1 if the system refuses. It also reads HDF5 for its parent as the tools do.
@main struct SandboxProbe {
  static func main() throws {
    HDF5Child.runIfAsked()
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let action = Action(rawValue: name) else { exit(64) }
    let path = arguments.dropFirst().first ?? ""
    if action == .diesAtOnce { abort() }
    if action == .readImages {
      try readImages()
      exit(0)
    }
    try Sandbox.enter(
      Sandbox.Allowance(memory: 64 << 20, seconds: 1, fileSize: 1 << 20))
    exit(perform(action, path) ? 0 : 1)
  }

  enum Action: String {
    case compute, readWhatIsOpen, writeWhatIsOpen, writeTooMuch
    case read, write, create, remove, rename, makeFolder, link
    case connect, startProgram, mapCode, signalParent
    case askForMemory, neverEnd, sleepForever, fault, diesAtOnce, end, readImages
    case handOver, handOverLess, handOverMore, announceTooMuch
  }

  /// Reads HDF5 files that stand behind one another in descriptor 3, each after its size in 8 bytes,
  /// and writes a line for each to descriptor 4: the error, or nothing.
  private static func readImages() throws {
    let file = try FileBytes(mapping: 3, path: "images")
    let answers = FileWriter(path: "answers", descriptor: 4)
    try Sandbox.enter(Sandbox.Allowance(memory: 256 << 20, seconds: 10, fileSize: 16 << 20))
    var position = 0
    while position < file.count {
      let count = file.withBytes(in: position..<position + 8) { bytes in
        unsafe bytes.unsafeLoadUnaligned(as: Int.self)
      }
      let image = TensorBytes(of: file, in: position + 8..<position + 8 + count)
      position += 8 + count
      var line = ""
      do {
        let archive = try HDF5File.contents(of: image, path: "hostile.h5").archive
        for entry in archive.entries { _ = try entry.tensor() }
      } catch { line = "\(error)".replacing("\n", with: " ") }
      let bytes = Array("\(line)\n".utf8)
      try unsafe answers.append(bytes.span.bytes)
    }
  }

  private static func handOver(_ bytes: [UInt8], announcing count: UInt64) -> Bool {
    let pipe = FileWriter(path: "output", descriptor: 5)
    do {
      try unsafe withUnsafeBytes(of: count.littleEndian) { try unsafe pipe.append($0.bytes) }
      try unsafe pipe.append(bytes.span.bytes)
    } catch { return false }
    return true
  }

  private static func perform(_ action: Action, _ path: String) -> Bool {
    let other = path + ".other"
    switch action {
    case .compute, .diesAtOnce, .readImages: return (0..<1000).map { $0 * $0 }.max() == 998_001
    case .readWhatIsOpen:
      var byte: UInt8 = 0
      return unsafe Glibc.read(3, &byte, 1) == 1 && byte == UInt8(ascii: "o")
    case .writeWhatIsOpen: return unsafe Glibc.write(4, "abc", 3) == 3
    case .writeTooMuch:
      let bytes = [UInt8](repeating: 0, count: 1 << 21)
      while unsafe Glibc.write(4, bytes, bytes.count) > 0 {}
      return false
    case .read: return unsafe open(path, O_RDONLY) >= 0
    case .write: return unsafe open(path, O_WRONLY) >= 0
    case .create: return unsafe open(other, O_WRONLY | O_CREAT, 0o666) >= 0
    case .remove: return unsafe unlink(path) == 0
    case .rename: return unsafe Glibc.rename(path, other) == 0
    case .makeFolder: return unsafe mkdir(other, 0o777) == 0
    case .link: return unsafe symlink(path, other) == 0
    case .connect: return socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) >= 0
    case .startProgram:
      var child: pid_t = 0
      return unsafe posix_spawn(&child, "/bin/true", nil, nil, [nil], [nil]) == 0
    case .mapCode:
      return unsafe mmap(
        nil, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
    case .signalParent: return kill(getppid(), 0) == 0
    case .askForMemory:
      let memory = unsafe mmap(
        nil, 256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      return unsafe memory != MAP_FAILED
    case .neverEnd: while true {}
    case .sleepForever:
      while true { _ = pause() }
    case .fault: return unsafe UnsafePointer<Int>(bitPattern: 16).map { unsafe $0.pointee } == 0
    case .end: exit(42)
    case .handOver: return handOver([1, 2, 3], announcing: 3)
    case .handOverLess: return handOver([1, 2], announcing: 3)
    case .handOverMore: return handOver([1, 2, 3, 4], announcing: 3) && handOver([], announcing: 0)
    case .announceTooMuch: return handOver([], announcing: .max)
    }
  }
}
