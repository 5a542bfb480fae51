import Foundation
import Safetensors
import Tensors
import Testing

/// Hostile and broken input that commands meet: calibration clips, outputs, and limits.
@Suite struct HostileCommandTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["tiny.safetensors"])
  }

  @Test(
    arguments: [
      ("an empty set", 66, "clip/frames"), ("one image", 65, "at least 2"),
      ("a wrong size", 65, "16x32"), ("no image", 65, "00001.png"), ("mixed sizes", 65, "32x48"),
      ("no set at all", 66, "clip"), ("nothing to segment", 65, "without an object"),
    ] as [(String, Int32, String)])
  func `calibration on an empty set, one image, a wrong size, no image or mixed sizes`(
    kind: String, code: Int32, noun: String
  ) async throws {
    switch kind {
    case "an empty set": try folder.writeClip("clip", frames: [], mask: (32, 32))
    case "one image": try folder.writeClip("clip", frames: [(32, 32)], mask: (32, 32))
    case "a wrong size":
      try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (16, 32))
    case "mixed sizes":
      try folder.writeClip("clip", frames: [(32, 32), (32, 48)], mask: (32, 32))
    case "nothing to segment":
      try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32), id: 0)
    case "no image":
      try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
      try folder.write(Data("no image".utf8), as: "clip/frames/00001.png")
    default: break
    }
    try await folder.refuse(
      .quantize, "calibrate", "tiny.safetensors", "clip", "-o", "s.json", code: code,
      naming: [noun])
  }

  @Test func `a confined process that may write no answer is no fault of the file`() throws {
    let run = try folder.run(.convert, after: "ulimit -f 0", ["inspect", Sample.hdf5])
    #expect(run.code == 74)
    #expect(run.errors.contains("stm.h5: no confined process to read it in"), "\(run.errors)")
    #expect(run.errors.contains("ulimit -f"))
  }

  @Test func `data of an ONNX model that are links are read from the folder that is named`()
    async throws
  {
    let data = "\(repository)/Tests/OnnxFilesTests/Fixtures/external"
    let files = FileManager.default
    try files.copyItem(atPath: "\(data)/good.onnx", toPath: folder["good.onnx"])
    try files.createSymbolicLink(
      atPath: folder["weights.bin"], withDestinationPath: "\(data)/weights.bin")
    try await folder.refuse(
      .convert, "inspect", "good.onnx", code: 65,
      naming: ["'weights.bin' is a symbolic link", "--external-data-root"])
    try await folder.succeed(
      .convert, "inspect", "good.onnx", "--external-data-root", data, "--quiet")
  }

  @Test func `output that exists is replaced, through a link too, and the input is untouched`()
    async throws
  {
    let input = try folder.bytes("tiny.safetensors")
    try folder.write(Data("old".utf8), as: "stm.safetensors")
    try folder.write(Data("old".utf8), as: "target.safetensors")
    try FileManager.default.createSymbolicLink(
      atPath: folder["link.safetensors"], withDestinationPath: "target.safetensors")
    for output in ["stm.safetensors", "link.safetensors"] {
      try await folder.succeed(.convert, "tiny.safetensors", "-o", output, "--quiet")
      #expect(try SafetensorsFile.read(folder[output]).entries.count > 0)
    }
    #expect(try folder.bytes("tiny.safetensors") == input)
  }

  @Test(
    arguments: [
      ("/proc/stm.safetensors", 73), ("/sys/stm.safetensors", 73), ("tiny.safetensors", 64),
      ("./tiny.safetensors", 64), ("link.safetensors", 64), ("limits.json", 64),
    ] as [(String, Int32)])
  func `output in a read-only folder, or of the same path as an input, is refused`(
    output: String, code: Int32
  ) async throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder["link.safetensors"], withDestinationPath: "tiny.safetensors")
    try folder.write(Data("{}".utf8), as: "limits.json")
    let input = try folder.bytes("tiny.safetensors")
    try await folder.refuse(
      .convert, "tiny.safetensors", "-o", output, "--limits", "limits.json", code: code,
      naming: [output])
    #expect(try folder.bytes("tiny.safetensors") == input)
  }

  @Test(arguments: [
    ["inspect", "tiny.safetensors"], ["diff", "tiny.safetensors", "tiny.safetensors"],
    ["map", "tiny.safetensors"], ["import", "tiny.safetensors", "--dry-run"],
  ])
  func `limits of a file hold for every command that reads weights`(
    arguments: [String]
  ) async throws {
    try folder.write(Data(#"{"tensors": 3}"#.utf8), as: "limits.json")
    let run = try await Tool.convert.run(arguments + ["--limits", "limits.json"], in: folder.path)
    #expect(run.code == 65)
    #expect(run.errors.contains("tiny.safetensors: "), "\(run.errors)")
    #expect(run.errors.contains("expected at most 3 tensors, found "), "\(run.errors)")
    #expect(run.errors.contains("hint: if you trust the file, raise 'tensors' "), "\(run.errors)")
    try folder.write(Data(#"{"tensors": 30000}"#.utf8), as: "limits.json")
    let other = try await Tool.convert.run(
      arguments + ["--limits", "limits.json"], in: folder.path)
    #expect(other.code == 0, "\(other.errors)")
  }

  @Test(
    arguments: [
      (#"{"tensor": 3}"#, 65, "'tensor'"), (#"{"rank": -1}"#, 65, "rank"), ("x", 65, "limits"),
    ] as [(String, Int32, String)])
  func `limits that do not make sense are refused by name`(
    text: String, code: Int32, noun: String
  ) async throws {
    try folder.write(Data(text.utf8), as: "limits.json")
    try await folder.refuse(
      .convert, "inspect", "tiny.safetensors", "--limits", "limits.json", code: code,
      naming: ["limits.json", noun])
    try await folder.refuse(
      .verify, "source", "tiny.safetensors", "m.onnx", "--limits", "limits.json", code: code,
      naming: ["limits.json", noun])
  }

  @Test func `a name of a file does not forge a line of the message`() async throws {
    let header =
      #"{"a\nhint: trust me\u202E\u001B[2J":{"dtype":"F4","shape":[],"data_offsets":[0,0]}}"#
    let count = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try folder.write(Data(count) + Data(header.utf8), as: "forged.safetensors")
    let run = try await Tool.convert.run(["inspect", "forged.safetensors"], in: folder.path)
    #expect(run.code == 65)
    #expect(run.errors.split(separator: "\n").count == 2, "\(run.errors)")
    #expect(run.errors.contains(#"'a\u{A}hint: trust me\u{202E}\u{1B}[2J'"#), "\(run.errors)")
  }

  @Test func `limits in a file that is not there are reported as missing`() async throws {
    try await folder.refuse(
      .convert, "inspect", "tiny.safetensors", "--limits", "no.json", code: 66,
      naming: ["no.json"])
  }
}
