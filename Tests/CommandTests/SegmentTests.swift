import Foundation
import Images
import Testing

@Suite struct SegmentTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `every frame gets an indexed mask with the clip's palette`() async throws {
    let run = try await folder.succeed(
      .segment, try await Sample.models.value.fp32, "--clip", Sample.clip, "--frames", "3",
      "--long-edge", "48", "-o", "a/masks")
    #expect(run.output == "wrote 3 masks of 2 objects to a/masks\n")
    #expect(
      try folder.files
        == ["a", "a/masks", "a/masks/00000.png", "a/masks/00001.png", "a/masks/00002.png"])
    let palette = try ImageFile.readMask("\(Sample.clip)/masks/00000.png").palette
    for name in ["00000", "00001", "00002"] {
      let mask = try ImageFile.readMask(folder["a/masks/\(name).png"])
      #expect(mask.palette == palette)
      #expect(mask.size == ImageSize(width: 48, height: 27))
      #expect(mask.values.allSatisfy { $0 <= 2 })
    }
  }

  @Test func `masks have the same bytes whatever the number of threads`() async throws {
    let model = try await Sample.models.value.int8
    for (output, threads) in [("a", "1"), ("b", "1"), ("c", "2")] {
      try await folder.succeed(
        .segment, model, "--clip", Sample.clip, "--frames", "3", "--long-edge", "48", "-o", output,
        "--threads", threads, "--quiet")
    }
    for name in ["00000.png", "00001.png", "00002.png"] {
      let first = try folder.bytes("a/\(name)")
      #expect(try folder.bytes("b/\(name)") == first)
      #expect(try folder.bytes("c/\(name)") == first)
    }
  }

  @Test func `a memory read of all entries is the one without a limit, one of the best is not`()
    async throws
  {
    let model = try await Sample.models.value.fp32
    for (output, options) in [
      ("unlimited", []), ("all", ["--top-k", "1000000000"]), ("best", ["--top-k", "1"]),
    ] {
      let run = try await Tool.segment.run(
        [model, "--clip", Sample.clip, "--frames", "3", "--long-edge", "96", "--quiet"]
          + ["-o", output] + options, in: folder.path)
      #expect(run.code == 0)
    }
    let unlimited = try folder.bytes("unlimited/00002.png")
    #expect(try folder.bytes("all/00002.png") == unlimited)
    #expect(try folder.bytes("best/00002.png") != unlimited)
  }

  @Test func `existing masks are replaced`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try FileManager.default.createDirectory(
      atPath: folder["masks"], withIntermediateDirectories: false)
    try folder.write(Data("old".utf8), as: "masks/00001.png")
    try await folder.succeed(.segment, "m.safetensors", "--clip", "clip", "-o", "masks")
    #expect(try ImageFile.readMask(folder["masks/00001.png"]).size.pixelCount == 32 * 32)
  }

  @Test func `an output folder that cannot be made is refused`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for output in ["m.safetensors", "m.safetensors/masks"] {
      try await folder.refuse(
        .segment, "m.safetensors", "--clip", "clip", "-o", output, code: 73, naming: [output])
    }
  }

  @Test(arguments: ["clip/frames", "clip/./masks/"])
  func `an output folder that would overwrite the clip is refused`(output: String) async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let before = try folder.bytes("clip/frames/00000.png")
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", output, code: 64,
      naming: ["--output: expected another file than the inputs, found \(output)"])
    #expect(try folder.bytes("clip/frames/00000.png") == before)
  }

  @Test func `a missing model is refused before a folder is made`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .segment, "no.safetensors", "--clip", "clip", "-o", "masks", code: 66,
      naming: ["no.safetensors"])
  }

  @Test func `a memory read of no entry is refused`() async throws {
    try await folder.refuse(
      .segment, "m", "--clip", "c", "-o", "masks", "--top-k", "0", code: 64,
      naming: ["--top-k", "at least 1", "found 0"])
  }

  @Test func `an interval of zero frames is refused`() async throws {
    try await folder.refuse(
      .segment, "m", "--clip", "c", "-o", "masks", "--memory-every", "0", code: 64,
      naming: ["--memory-every", "found 0"])
  }
}
