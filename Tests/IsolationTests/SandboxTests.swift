import Files
import Foundation
import Isolation
import TestSupport
import Testing

struct SandboxTests {
  private static let probe = ChildProgram(
    executable: Bundle.main.bundleURL.appending(path: "stm-sandbox-probe").path)

  /// What becomes of the probe that tries `action` on a file that holds "o"; descriptor 3 is the
  /// file, descriptor 4 a file in memory, descriptor 5 takes up to 3 bytes.
  private func outcome(of action: String, seconds: Int = 60) throws -> ChildProgram.Outcome {
    try ScratchFolder.with { folder in
      let path = folder.file("file")
      try AtomicFile.write(Array("o".utf8), to: path)
      let file = try FileBytes(path: path).opened()
      let memory = try MemoryFile(for: path)
      let outcome = try Self.probe.run(
        [action, path], descriptors: [file.number, memory.descriptor], byteLimit: 3,
        seconds: seconds, reading: path)
      #expect(try folder.names == ["file"])
      return outcome
    }
  }

  private func ending(of action: String, seconds: Int = 60) throws -> ChildProgram.Ending {
    try outcome(of: action, seconds: seconds).ending
  }

  @Test(arguments: ["compute", "readWhatIsOpen", "writeWhatIsOpen"])
  func `a confined process can compute, and read and write what is open`(
    action: String
  ) throws {
    #expect(try ending(of: action) == .exited(0))
  }

  @Test(arguments: [
    "read", "write", "create", "remove", "rename", "makeFolder", "link", "connect", "startProgram",
    "mapCode", "signalParent",
  ])
  func `a confined process reaches no file, network, program or other process`(
    action: String
  ) throws {
    #expect(try ending(of: action) == .exited(1))
  }

  @Test func `a confined process that asks for more memory than it may have is refused it`()
    throws
  {
    #expect(try ending(of: "askForMemory") == .exited(1))
  }

  @Test func `a confined process that writes more than it may is ended`() throws {
    #expect(try ending(of: "writeTooMuch") == .killed(SIGXFSZ))
  }

  @Test func `a confined process that computes for longer than it may is ended`() throws {
    #expect(try ending(of: "neverEnd") == .killed(SIGXCPU))
  }

  @Test func `a confined process that waits for ever is ended`() throws {
    #expect(try ending(of: "sleepForever", seconds: 1) == .late)
  }

  @Test func `a confined process hands over the bytes that it announced`() throws {
    let outcome = try outcome(of: "handOver")
    #expect(outcome.ending == .exited(0))
    #expect(outcome.output == [1, 2, 3])
  }

  @Test(arguments: ["handOverLess", "announceTooMuch", "end"])
  func `fewer bytes than announced, too many or none are no output`(action: String) throws {
    #expect(try outcome(of: action).output == nil)
  }

  @Test func `bytes behind those that were announced are not read`() throws {
    #expect(try outcome(of: "handOverMore").output == [1, 2, 3])
  }

  @Test func `a fault, an abort and a status are told apart`() throws {
    #expect(try ending(of: "fault") == .killed(SIGSEGV))
    #expect(try ending(of: "diesAtOnce") == .killed(SIGABRT))
    #expect(try ending(of: "end") == .exited(42))
  }

  @Test func `a program that is not there is an error that names the file to read`() throws {
    let error = try #require(throws: IsolationError.self) {
      try ChildProgram(executable: "/nowhere/program").run(
        [], descriptors: [], byteLimit: 0, seconds: 1, reading: "weights.h5")
    }
    #expect("\(error)".hasPrefix("weights.h5: no confined process to read it in"))
  }

  @Test func `a sealed file in memory cannot be written any more`() throws {
    let memory = try MemoryFile(for: "weights.h5")
    let bytes: [UInt8] = [1, 2, 3]
    try unsafe memory.append(bytes.span.bytes)
    let file = try memory.sealed()
    #expect(throws: FileError.self) { try unsafe memory.append(bytes.span.bytes) }
    #expect(file.count == 3)
  }
}
