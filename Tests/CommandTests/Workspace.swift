import Foundation
import Images
import Testing

/// A folder of its own for one test, in which the tools run; it is removed with the last reference.
final class Workspace: Sendable {
  /// The folder.
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of the file `name`.
  subscript(name: String) -> String { "\(path)/\(name)" }

  /// Every file and folder, sorted.
  var files: [String] {
    get throws { try FileManager.default.subpathsOfDirectory(atPath: path).sorted() }
  }

  /// The bytes of the file `name`.
  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: self[name]))
  }

  /// Writes `bytes` as the file `name`.
  func write(_ bytes: Data, as name: String) throws {
    try bytes.write(to: URL(fileURLWithPath: self[name]))
  }

  /// Writes a clip called `name` of PNG frames with these widths and heights, whose mask, if it has
  /// one, marks one object.
  func writeClip(
    _ name: String, frames: [(width: Int, height: Int)], mask: (width: Int, height: Int)?,
    id: UInt8 = 1
  ) throws {
    for folder in ["frames", "masks"] {
      try FileManager.default.createDirectory(
        atPath: self["\(name)/\(folder)"], withIntermediateDirectories: true)
    }
    for (index, (width, height)) in frames.enumerated() {
      let bytes = (0..<3 * width * height).map { UInt8(($0 * 7 + index * 31) % 251) }
      try ImageFile.writeRGB(
        RGBImage(size: ImageSize(width: width, height: height), bytes: bytes),
        to: self["\(name)/frames/0000\(index).png"])
    }
    guard let mask else { return }
    let values = (0..<mask.width * mask.height).map { $0 % mask.width < mask.width / 2 ? id : 0 }
    try ImageFile.writeMask(
      MaskImage(
        size: ImageSize(width: mask.width, height: mask.height), values: values, palette: .objects),
      to: self["\(name)/masks/00000.png"])
  }

  /// Writes masks of one row as 00000.png, 00001.png and so on of the folder `name`.
  func writeMasks(_ rows: [[UInt8]], to name: String) throws {
    try FileManager.default.createDirectory(
      atPath: self[name], withIntermediateDirectories: true)
    for (index, row) in rows.enumerated() {
      try ImageFile.writeMask(
        MaskImage(
          size: ImageSize(width: row.count, height: 1), values: row, palette: .objects),
        to: self["\(name)/0000\(index).png"])
    }
  }

  /// Runs `tool` in this folder.
  func run(_ tool: Tool, _ arguments: String...) async throws -> Run {
    try await tool.run(arguments, in: path)
  }

  /// Runs `tool` here in a shell that has run `preparation`; its output is not kept.
  ///
  /// What it says of errors goes to a pipe, which no limit of a file's size holds for.
  func run(_ tool: Tool, after preparation: String, _ arguments: [String]) throws -> Run {
    let process = Process(
      "/bin/sh", ["-c", "\(preparation); exec \"$0\" \"$@\"", tool.path] + arguments, in: path)
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Run(
      code: process.exitCode ?? -1, output: "", errors: String(decoding: text, as: UTF8.self))
  }

  /// Runs `line` here in a shell that finds the tools; the folder is its user's.
  func run(_ line: String) throws -> Run {
    let others = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return try Run(
      Process(
        "/bin/sh", ["-c", line], in: path,
        variables: ["PATH": "\(Tool.folder.path):\(others)", "HOME": path]))
  }

  /// Runs `tool` here and sends it `signal` once the file `name` is there; its exit code, or nil where
  /// the signal ended it.
  func interrupt(
    _ tool: Tool, _ arguments: [String], once name: String, with signal: Int32 = SIGINT
  ) throws -> Int32? {
    let process = Process(tool.path, arguments, in: path)
    process.standardError = FileHandle.nullDevice
    try process.run()
    // A thread of its own: tasks wait for those of other tests.
    let (identifier, file) = (process.processIdentifier, self[name])
    Thread.detachNewThread {
      while kill(identifier, 0) == 0, !FileManager.default.fileExists(atPath: file) { usleep(2000) }
      kill(identifier, signal)
    }
    process.waitUntilExit()
    return process.exitCode
  }

  /// Runs `tool`, which must end with exit code 0 and nothing on standard error.
  @discardableResult
  func succeed(
    _ tool: Tool, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Run {
    let run = try await tool.run(arguments, in: path)
    #expect(run.code == 0, sourceLocation: sourceLocation)
    #expect(run.errors == "", sourceLocation: sourceLocation)
    return run
  }

  /// Runs `tool`, which must refuse: exit with `code`, print nothing but an error that names
  /// `nouns` and a hint, and leave the folder as it was.
  ///
  /// Where much is wrong, the error goes on in indented lines.
  @discardableResult
  func refuse(
    _ tool: Tool, _ arguments: String..., code: Int32, naming nouns: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    try await refuse(
      tool, arguments, code: code, naming: nouns, sourceLocation: sourceLocation)
  }

  /// The same with all arguments in one list.
  @discardableResult
  func refuse(
    _ tool: Tool, _ arguments: [String], code: Int32, naming nouns: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let before = try files
    let run = try await tool.run(arguments, in: path)
    #expect(run.code == code, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output == "", sourceLocation: sourceLocation)
    let lines = run.errors.split(separator: "\n", omittingEmptySubsequences: false)
    try #require(lines.count >= 3, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(
      lines[0].hasPrefix("\(tool.rawValue): error: ") && lines[lines.count - 2].hasPrefix("hint: ")
        && lines[1..<lines.count - 2].allSatisfy { $0.hasPrefix("  ") } && lines.last == "",
      "\(run.errors)", sourceLocation: sourceLocation)
    for noun in nouns {
      #expect(run.errors.contains(noun), "\(noun)", sourceLocation: sourceLocation)
    }
    #expect(try files == before, sourceLocation: sourceLocation)
    return run.errors
  }
}
