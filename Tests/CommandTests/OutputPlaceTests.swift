import Foundation
import Glibc
import Testing

/// No result takes the place of an input, whatever leads there.
@Suite struct OutputPlaceTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder[name], withIntermediateDirectories: true)
  }

  @Test func `an output that is a link to an input, symbolic or hard, is refused`() async throws {
    let before = try folder.bytes("m.safetensors")
    try #require(unsafe symlink("m.safetensors", folder["soft"]) == 0)
    try #require(unsafe link(folder["m.safetensors"], folder["hard"]) == 0)
    for name in ["soft", "hard"] {
      try await folder.refuse(
        .convert, "m.safetensors", "-o", name, code: 64,
        naming: ["--output: expected another file than the inputs, found \(name)"])
      try await folder.refuse(
        .quantize, "m.safetensors", "-o", name, "--precision", "fp16", code: 64, naming: [name])
      try await folder.refuse(
        .verify, "profile", "m.safetensors", "--report", name, code: 64, naming: [name])
      #expect(try folder.bytes(name) == before)
    }
  }

  @Test func `an output that a link leads into the folders of a clip is refused`() async throws {
    let frame = try folder.bytes("clip/frames/00001.png")
    try #require(unsafe symlink("clip/frames/00001.png", folder["soft"]) == 0)
    try await folder.refuse(
      .quantize, "calibrate", "m.safetensors", "clip", "-o", "soft", code: 64, naming: ["soft"])
    #expect(try folder.bytes("clip/frames/00001.png") == frame)
  }

  @Test func `a mask does not go where a link in the folder of masks leads`() async throws {
    let frame = try folder.bytes("clip/frames/00001.png")
    for target in ["../clip/frames/00001.png", "nothing"] {
      try makeFolder("masks")
      try #require(unsafe symlink(target, folder["masks/00001.png"]) == 0)
      try await folder.refuse(
        .segment, "m.safetensors", "--clip", "clip", "-o", "masks", code: 73,
        naming: ["masks/00001.png: cannot be created", "symbolic link"])
      try FileManager.default.removeItem(atPath: folder["masks"])
    }
    try makeFolder("overlays")
    try makeFolder("masks")
    try #require(unsafe symlink("../m.safetensors", folder["overlays/00000.png"]) == 0)
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", "masks", "--overlay", "overlays", code: 73,
      naming: ["overlays/00000.png"])
    #expect(try folder.bytes("clip/frames/00001.png") == frame)
  }

  @Test func `a model is not taken for what a stopped run left`() async throws {
    try makeFolder("masks")
    let model = "masks/.session.safetensors"
    try FileManager.default.moveItem(atPath: folder["m.safetensors"], toPath: folder[model])
    let before = try folder.bytes(model)
    try await folder.refuse(
      .segment, model, "--clip", "clip", "-o", "masks", code: 64, naming: [model])
    #expect(try folder.bytes(model) == before)
  }

  @Test func `two folders of results are two, however they are spelled`() async throws {
    for other in ["masks/", "./masks", "masks/../masks"] {
      try await folder.refuse(
        .segment, "m.safetensors", "--clip", "clip", "-o", "masks", "--overlay", other, code: 64,
        naming: ["--overlay: expected another file than --output"])
    }
  }

  @Test func `of two runs with one output at the same time one's file stays, whole`() async throws {
    let options = [["--precision", "fp16"], ["--precision", "bf16"]]
    var expected: [Data] = []
    for option in options {
      let run = try await Tool.quantize.run(
        ["m.safetensors", "-o", "alone.safetensors"] + option, in: folder.path)
      #expect(run.code == 0, "\(run.errors)")
      expected.append(try folder.bytes("alone.safetensors"))
    }
    try FileManager.default.removeItem(atPath: folder["alone.safetensors"])
    let others = try folder.files
    for _ in 0..<4 {
      let processes = try options.map { option in
        let process = Process(
          Tool.quantize.path, ["m.safetensors", "-o", "q.safetensors", "--quiet"] + option,
          in: folder.path)
        try process.run()
        return process
      }
      for process in processes {
        process.waitUntilExit()
        #expect(process.exitCode == 0)
      }
      #expect(expected.contains(try folder.bytes("q.safetensors")))
      #expect(try folder.files.filter { $0 != "q.safetensors" } == others)
    }
  }

  @Test func `a report of a clip does not replace a model`() async throws {
    let before = try folder.bytes("m.safetensors")
    try folder.writeClip("set/one", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try makeFolder("reports/clips")
    try #require(unsafe symlink("../../m.safetensors", folder["reports/clips/one.json"]) == 0)
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clips", "set", "--report", "reports", code: 64,
      naming: ["--report", "reports/clips/one.json"])
    #expect(try folder.bytes("m.safetensors") == before)
  }

  @Test(arguments: [false, true])
  func `a file above the limit of the process is an error, and the old one stays`(
    hasOld: Bool
  ) throws {
    let old = Data("old".utf8)
    if hasOld { try folder.write(old, as: "out.safetensors") }
    let run = try folder.run(
      .convert, after: "ulimit -f 2", ["m.safetensors", "-o", "out.safetensors"])
    #expect(run.code == 74)
    #expect(
      run.errors.hasPrefix(
        "stm-convert: error: out.safetensors: writing failed (File too large)\nhint: "),
      "\(run.errors)")
    let files = try folder.files.filter { !$0.hasPrefix("clip") }
    #expect(files == ["m.safetensors"] + (hasOld ? ["out.safetensors"] : []))
    if hasOld { #expect(try folder.bytes("out.safetensors") == old) }
  }
}
