import ArgumentParser
import CommandSupport
import Files
import Foundation
import Models
import Reports
import Verification

/// `stm-verify measure-run`: one model over a clip in a process of its own, for `--timing`.
struct MeasureRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-run",
    abstract: "Segments a clip and prints speed and memory as JSON; what --timing runs.",
    shouldDisplay: false)

  @Argument(help: "The model.") var model: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var memoryRead: MemoryReadOptions
  @OptionGroup var backend: ModelBackendOptions

  func run() throws {
    let clip = try clipOptions.open(clip)
    let model = try Model(path: model)
    let run = try PlainRun(
      of: model, over: clip, backend: try backend.make(for: model.plan), topK: memoryRead.topK)
    let side = TimingReport.Side(
      frames: run.frameCount, seconds: run.seconds, peakBytes: try Self.peakBytes(),
      fileBytes: try FileBytes(path: model.path).count)
    try Terminal.write(String(decoding: try JSONEncoder().encode(side), as: UTF8.self))
  }

  /// What ``run()`` prints for `model` in a process of its own. Throws its exit code where it fails,
  /// with its message on standard error.
  static func side(of model: String, _ options: [String]) throws -> TimingReport.Side {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe")
    process.arguments = [configuration.commandName ?? "", model] + options
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw ExitCode(process.terminationReason == .exit ? process.terminationStatus : 70)
    }
    return try JSONDecoder().decode(TimingReport.Side.self, from: data)
  }

  /// The most that this process had in memory, `VmHWM` of `/proc/self/status` (proc(5)): unlike
  /// `ru_maxrss` it does not count what the parent had.
  private static func peakBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kibibytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    guard let count = kibibytes.flatMap({ Int($0) }) else {
      throw FileError.unreadable(path: "/proc/self/status", reason: "expected a line VmHWM")
    }
    return count * 1024
  }
}
