import Foundation
import Safetensors
import Tensors
import Testing

/// Tools that `mpirun` starts as several processes.
@Suite struct ProcessesTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    for (name, frames) in [("a", 2), ("b", 3), ("c", 2)] {
      try folder.writeClip(
        "set/\(name)", frames: Array(repeating: (width: 32, height: 32), count: frames),
        mask: (32, 32))
    }
  }

  private func writeMasks() throws {
    for (index, name) in ["cat", "dog", "emu"].enumerated() {
      let truth: [[UInt8]] = [[1, 1, 0, 2], [1, 1, 0, 2], [1, 1, 0, 2], [1, 0, 0, 2]]
      let results: [[UInt8]] = [[0, 0, 0, 0], [1, 1, 0, 2], [1, 0, 0, 0], [0, 0, 0, 0]]
      try folder.writeMasks(Array(truth.dropLast(index % 2)), to: "truth/\(name)")
      try folder.writeMasks(Array(results.dropLast(index % 2)), to: "results/\(name)")
    }
  }

  /// Runs `tool` here as `count` processes.
  private func run(_ tool: Tool, processes count: Int, _ arguments: [String]) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["mpirun", "-n", "\(count)", "--oversubscribe", "--bind-to", "none", "--allow-run-as-root"]
      + [Tool.folder.appendingPathComponent(tool.rawValue).path] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OMP_WAIT_POLICY": "passive"]
    ) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    let said = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Run(
      code: process.terminationReason == .exit ? process.terminationStatus : -1,
      output: String(decoding: text, as: UTF8.self), errors: String(decoding: said, as: UTF8.self))
  }

  #if MPI
    @Test func `processes that share clips calibrate to the same bytes as one`() async throws {
      try TinyModel.write(to: folder["m.safetensors"])
      let arguments = ["calibrate", "m.safetensors", "set/a", "set/b", "set/c", "--threads", "1"]
      let alone = try await Tool.quantize.run(
        arguments + ["-o", "alone.json", "--json"], in: folder.path)
      #expect(alone.code == 0, "\(alone.errors)")
      for count in [2, 4] {
        let shared = try run(
          .quantize, processes: count, arguments + ["-o", "\(count).json", "--json"])
        #expect(shared.code == 0 && shared.output == alone.output, "\(shared.errors)")
        #expect(try folder.bytes("\(count).json") == folder.bytes("alone.json"))
      }
    }

    @Test func `processes that share clips verify a set to the same bytes as one`() async throws {
      try TinyModel.write(to: folder["m.safetensors"])
      try folder.writeClip("set/bad", frames: [(32, 32), (16, 32)], mask: (32, 32))
      let arguments = ["m.safetensors", "m.safetensors", "--clips", "set", "--threads", "1"]
      let gate = ["--gate", "isolated.max_error(re:.*pred2) <= 0", "--json"]
      let alone = try await Tool.verify.run(
        arguments + gate + ["--report", "alone"], in: folder.path)
      let shared = try run(.verify, processes: 3, arguments + gate + ["--report", "shared"])
      #expect(alone.code == 1 && shared.code == 1)
      #expect(shared.output == alone.output, "\(shared.errors)")
      for name in ["roll-up.json", "clips/a.json", "clips/b.json", "clips/c.json"] {
        #expect(try folder.bytes("shared/\(name)") == folder.bytes("alone/\(name)"), "\(name)")
      }
    }

    @Test func `processes that share sequences evaluate to the same bytes as one`() async throws {
      try writeMasks()
      let arguments = ["results", "truth", "--json"]
      let alone = try await Tool.evaluate.run(
        arguments + ["--csv", "alone.csv", "--html", "alone.html"], in: folder.path)
      #expect(alone.code == 0, "\(alone.errors)")
      for count in [2, 5] {
        let shared = try run(
          .evaluate, processes: count,
          arguments + ["--csv", "shared.csv", "--html", "shared.html"])
        #expect(shared.code == 0 && shared.output == alone.output, "\(shared.errors)")
        for kind in ["csv", "html"] {
          #expect(try folder.bytes("shared.\(kind)") == folder.bytes("alone.\(kind)"))
        }
      }
    }

    @Test func `what is wrong with the masks of all processes is told once`() async throws {
      try writeMasks()
      for name in ["cat", "dog"] {
        try FileManager.default.removeItem(atPath: folder["results/\(name)/00001.png"])
      }
      let alone = try await Tool.evaluate.run(["results", "truth"], in: folder.path)
      let shared = try run(.evaluate, processes: 2, ["results", "truth"])
      #expect(shared.code == alone.code && shared.output == "")
      #expect(alone.errors.contains("masks: 2 problems"))
      #expect(shared.errors.components(separatedBy: alone.errors).count == 2, "\(shared.errors)")
    }

    @Test func `a clip that one process cannot read ends all with what is wrong`() throws {
      try TinyModel.write(to: folder["m.safetensors"])
      let torn = try folder.bytes("set/b/frames/00001.png")
      try folder.write(torn.prefix(torn.count - 40), as: "set/b/frames/00001.png")
      let shared = try run(
        .quantize, processes: 2, ["calibrate", "m.safetensors", "set/a", "set/b", "-o", "s.json"])
      #expect(shared.code == 65 && shared.output == "")
      #expect(
        shared.errors.components(separatedBy: "stm-quantize: error: set/b/frames/00001.png")
          .count == 2, "\(shared.errors)")
      #expect(shared.errors.contains("\n  in process 1 of 2, counted from 0\nhint: "))
      #expect(!FileManager.default.fileExists(atPath: folder["s.json"]))
    }

    @Test func `processes that share batches train to the weights of one, but for rounding`()
      async throws
    {
      try folder.writeImages()
      let arguments =
        ["images", "--images", "images", "--masks", "masks"] + TrainingFiles.scratch + [
          "--steps", "10", "--batch", "2", "--size", "32x32", "--learning-rate", "1e-4",
          "--batch-norm", "frozen", "--threads", "1", "--quiet",
        ]
      let alone = try await Tool.train.run(
        arguments + ["-o", "alone.safetensors"], in: folder.path)
      #expect(alone.code == 0, "\(alone.errors)")
      let shared = try run(.train, processes: 2, arguments + ["-o", "shared.safetensors"])
      #expect(shared.code == 0 && shared.output == "", "\(shared.errors)")
      let one = try SafetensorsFile.read(folder["alone.safetensors"])
      let two = try SafetensorsFile.read(folder["shared.safetensors"])
      #expect(one.entries.map(\.name) == two.entries.map(\.name))
      for entry in one.entries where entry.elementType == .float32 {
        let (expected, found) = (try entry.floats(), try two[entry.name]?.floats())
        let distance = zip(expected.values, found?.values ?? []).map { abs($0 - $1) }.max() ?? 0
        // The softmax does not see this bias: its gradient is rounding, which Adam makes steps of.
        let limit: Float = entry.name == "KV_M_r4.Key.bias" ? 2e-3 : 1e-5
        #expect(distance <= limit, "\(entry.name)")
      }
    }

    @Test func `a batch that processes cannot share is refused`() throws {
      try folder.writeImages()
      let shared = try run(
        .train, processes: 2,
        ["images", "--images", "images", "--masks", "masks"] + TrainingFiles.scratch
          + ["--batch", "3", "--size", "32x32", "-o", "m.safetensors"])
      #expect(shared.code == 64 && shared.output == "")
      #expect(
        shared.errors.contains("--batch: expected a multiple of the 2 processes, found 3"))
    }

    @Test func `work that is not shared is refused to several processes`() throws {
      try TinyModel.write(to: folder["m.safetensors"])
      for (tool, arguments) in [
        (Tool.convert, ["inspect", "m.safetensors"]),
        (.verify, ["m.safetensors", "m.safetensors", "--clip", "set/a"]),
      ] {
        let shared = try run(tool, processes: 2, arguments)
        #expect(shared.code == 64 && shared.output == "")
        #expect(
          shared.errors.contains("expected one process, since this work is not shared, found 2"),
          "\(shared.errors)")
      }
    }
  #else
    @Test func `several processes are refused with how to build for them`() throws {
      try writeMasks()
      let run = try folder.run(
        .evaluate, after: "export OMPI_COMM_WORLD_SIZE=2", ["results", "truth"])
      #expect(run.code == 64)
      #expect(
        run.errors == """
          stm-evaluate: error: expected one process, found 2: this tool was built without MPI
          hint: build with MPI (make MPI=1 build), or start the tool by itself

          """)
    }
  #endif
}
