import Foundation
import Images
import NumpyFiles
import Tensors
import Testing

@Suite struct SegmentTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `every frame gets an indexed mask with the clip's palette`() async throws {
    let run = try await folder.succeed(
      .segment, try await Sample.models.value.fp32, "--clip", Sample.clip, "--frames", "3",
      "--long-edge", "48", "--keep-scale", "-o", "a/masks")
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
    let unlimited = try ImageFile.readMask(folder["unlimited/00002.png"])
    #expect(try ImageFile.readMask(folder["all/00002.png"]) == unlimited)
    #expect(try ImageFile.readMask(folder["best/00002.png"]) != unlimited)
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

  @Test func `masks are scaled back to the size of the frames, the first as it was given`()
    async throws
  {
    try await folder.succeed(
      .segment, try await Sample.models.value.fp32, "--clip", Sample.clip, "--frames", "2",
      "--long-edge", "96", "-o", "masks", "--overlay", "pictures", "--probabilities", "soft",
      "--quiet")
    let size = ImageSize(width: 432, height: 240)
    let (first, second) = (
      try ImageFile.readMask(folder["masks/00000.png"]),
      try ImageFile.readMask(folder["masks/00001.png"])
    )
    #expect(try first == ImageFile.readMask("\(Sample.clip)/masks/00000.png"))
    #expect(second.size == size)
    // Objects move little between two frames.
    let same = zip(first.values, second.values).count { $0 == $1 }
    #expect(same > size.pixelCount * 9 / 10)

    let soft = try NumpyFile.read(folder["soft/00001.npz"])
    let probability = try #require(soft["probability"]).tensor()
    #expect(probability.shape == [3, 240, 432] && probability.elementType == .float16)
    let plane = size.pixelCount
    let values = probability.floats().values
    let differing = (0..<plane).count { pixel in
      let best = (0..<3).max { values[$0 * plane + pixel] < values[$1 * plane + pixel] }
      return best.map(UInt8.init) != second.values[pixel]
    }
    #expect(differing < plane / 1000)

    let (picture, frame) = (
      try ImageFile.readRGB(folder["pictures/00001.png"]),
      try ImageFile.readRGB("\(Sample.clip)/frames/00001.jpg")
    )
    for pixel in 0..<plane {
      let range = 3 * pixel..<3 * pixel + 3
      #expect((picture.bytes[range] == frame.bytes[range]) || second.values[pixel] != 0)
    }
  }

  @Test func `a folder of frames and a mask are a clip`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(33, 50), (33, 50)], mask: (33, 50))
    try await folder.succeed(.segment, "m.safetensors", "--clip", "clip", "-o", "a", "--quiet")
    try await folder.succeed(
      .segment, "m.safetensors", "--clip", "clip/frames", "--mask", "clip/masks/00000.png", "-o",
      "b", "--quiet")
    #expect(try folder.bytes("a/00001.png") == folder.bytes("b/00001.png"))
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip/frames", "--mask", "clip/masks/00000.png", "-o",
      "clip/frames", code: 64, naming: ["--output", "clip/frames"])
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip/frames", "--mask", "clip/masks/00000.png", "-o",
      "clip/masks", code: 64, naming: ["--output", "that of --mask", "clip/masks"])
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip/frames", "--mask", "no.png", "-o", "c", code: 66,
      naming: ["no.png"])
  }

  @Test func `all clips of a set are segmented, and later objects in the tree of YouTube-VOS`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    for name in ["one", "two"] {
      try folder.writeClip(name, frames: [(32, 32), (32, 32), (32, 32)], mask: (32, 32))
      for (source, target) in [("frames", "JPEGImages"), ("masks", "Annotations")] {
        try FileManager.default.createDirectory(
          atPath: folder["set/\(target)"], withIntermediateDirectories: true)
        try FileManager.default.moveItem(
          atPath: folder["\(name)/\(source)"], toPath: folder["set/\(target)/\(name)"])
      }
    }
    let ids: [UInt8] = (0..<1024).map { $0 % 32 > 28 ? 9 : $0 % 32 < 10 ? 1 : 0 }
    try ImageFile.writeMask(
      MaskImage(size: ImageSize(width: 32, height: 32), values: ids, palette: .objects),
      to: folder["set/Annotations/two/00001.png"])
    let run = try await folder.succeed(.segment, "m.safetensors", "--set", "set", "-o", "out")
    #expect(run.output == "wrote 6 masks of 2 clips to out\n")
    let later = try ImageFile.readMask(folder["out/two/00001.png"])
    #expect((0..<1024).allSatisfy { (later.values[$0] == 9) == (ids[$0] == 9) })
    #expect(try ImageFile.readMask(folder["out/one/00001.png"]).values.allSatisfy { $0 <= 1 })
    try await folder.succeed(
      .segment, "m.safetensors", "--set", "set", "--no-new-objects", "-o", "plain", "--quiet")
    #expect(try ImageFile.readMask(folder["plain/two/00001.png"]).values.allSatisfy { $0 <= 1 })

    try folder.write(Data("no picture".utf8), as: "set/JPEGImages/one/00002.png")
    let failed = try await folder.run(.segment, "m.safetensors", "--set", "set", "-o", "new")
    #expect(failed.code == 65)
    #expect(
      failed.errors.contains("1 of 2 clips failed") && failed.errors.contains("one/00002.png"))
    #expect(try folder.files.contains("new/two/00002.png"))
  }

  @Test func `a clip that was cut off is resumed to the same masks`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    let sizes = [(width: Int, height: Int)](repeating: (48, 32), count: 9)
    try folder.writeClip("clip", frames: sizes, mask: (48, 32))
    for policy in ["every-n", "merge"] {
      let options =
        ["m.safetensors", "--clip", "clip", "--memory-every", "2", "--quiet"]
        + ["--memory-policy", policy]
      #expect(try await Tool.segment.run(options + ["-o", policy], in: folder.path).code == 0)
      let masks = try (0..<9).map { try folder.bytes("\(policy)/0000\($0).png") }
      for frame in 4..<9 {
        try FileManager.default.removeItem(atPath: folder["\(policy)/0000\(frame).png"])
      }
      let run = try await Tool.segment.run(
        options + ["-o", policy, "--resume"], in: folder.path)
      #expect(run.code == 0, "\(run.errors)")
      #expect(try (0..<9).map { try folder.bytes("\(policy)/0000\($0).png") } == masks)
    }
    try FileManager.default.removeItem(atPath: folder["every-n/00008.png"])
    try ImageFile.writeMask(
      MaskImage(
        size: ImageSize(width: 48, height: 32), values: [UInt8](repeating: 1, count: 48 * 32),
        palette: .objects), software: try ImageFile.software(of: folder["every-n/00002.png"]),
      to: folder["every-n/00003.png"])
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", "every-n", "--memory-every", "2",
      "--resume", code: 65, naming: ["every-n/00003.png", "found another"])
  }

  @Test func `masks of another model, of other options or of another clip are not resumed from`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "half.safetensors", "--precision", "bf16")
    let sizes = [(width: Int, height: Int)](repeating: (48, 32), count: 4)
    try folder.writeClip("clip", frames: sizes, mask: (48, 32))
    try folder.writeClip("other", frames: sizes, mask: (48, 32), id: 2)
    func masks(_ options: String...) async throws -> [Data] {
      let run = try await Tool.segment.run(
        options + ["-o", "masks", "--quiet"], in: folder.path)
      #expect(run.code == 0, "\(run.errors)")
      return try (0..<4).map { try folder.bytes("masks/0000\($0).png") }
    }
    for options in [
      ["half.safetensors", "--clip", "clip"],
      ["m.safetensors", "--clip", "clip", "--memory-policy", "bounded"],
      ["m.safetensors", "--clip", "clip", "--top-k", "3"],
      ["m.safetensors", "--clip", "clip", "--backend", "reference"],
      ["m.safetensors", "--clip", "other"],
    ] {
      let expected = try await masks("m.safetensors", "--clip", "clip")
      let run = try await Tool.segment.run(
        options + ["-o", "masks", "--resume", "--quiet"], in: folder.path)
      #expect(run.code == 0, "\(run.errors)")
      for index in 0..<4 {
        #expect(try folder.bytes("masks/0000\(index).png") != expected[index], "\(options)")
      }
    }
    let expected = try await masks("m.safetensors", "--clip", "clip")
    #expect(try await masks("m.safetensors", "--clip", "clip", "--resume") == expected)
  }

  @Test func `pictures that a run before did not make are made when it is resumed`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(.segment, "m.safetensors", "--clip", "clip", "-o", "masks")
    try await folder.succeed(
      .segment, "m.safetensors", "--clip", "clip", "-o", "masks", "--overlay", "pictures",
      "--resume")
    #expect(try folder.files.filter { $0.hasPrefix("pictures/") }.count == 3)
  }

  @Test func `a mask says what made it`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .segment, "m.safetensors", "--clip", "clip", "-o", "masks", "--memory-policy", "bounded")
    let text = try #require(try ImageFile.software(of: folder["masks/00001.png"]))
    for part in [
      "stm-segment; model ",
      "; memory bounded of 5, 8 frames; top-k all; arithmetic onednn, exact; clip ",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(!text.contains(folder.path))
  }

  @Test func `a clip that was stopped by a signal is resumed to the same masks`() async throws {
    let model = try await Sample.models.value.fp32
    let options = [
      model, "--clip", Sample.clip, "--frames", "8", "--long-edge", "48", "--memory-policy",
      "bounded", "--memory-limit", "2", "--memory-every", "1", "--quiet",
      // Slow enough to be stopped between the first and the last frame.
      "--backend", "reference",
    ]
    #expect(try await Tool.segment.run(options + ["-o", "whole"], in: folder.path).code == 0)
    let code = try folder.interrupt(
      .segment, options + ["-o", "half"], once: "half/00001.png")
    #expect(code == 130)
    let written = try folder.files.filter { $0.hasPrefix("half/0") }
    #expect(written.count >= 2 && written.count < 8 && written.allSatisfy { $0.hasSuffix(".png") })
    let run = try await Tool.segment.run(options + ["-o", "half", "--resume"], in: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    let names = (0..<8).map { "0000\($0).png" }
    #expect(try folder.files.filter { $0.hasPrefix("half/") } == names.map { "half/\($0)" })
    for name in names { #expect(try folder.bytes("half/\(name)") == folder.bytes("whole/\(name)")) }
  }

  @Test func `a frame that breaks off ends the run, and the frames before it stay`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32), (32, 32)], mask: (32, 32))
    let whole = try folder.bytes("clip/frames/00002.png")
    try folder.write(whole.prefix(whole.count - 40), as: "clip/frames/00002.png")
    let run = try await folder.run(.segment, "m.safetensors", "--clip", "clip", "-o", "masks")
    #expect(run.code == 65 && run.errors.contains("clip/frames/00002.png"))
    #expect(
      try folder.files.filter { $0.hasPrefix("masks/") } == ["masks/00000.png", "masks/00001.png"])
  }

  @Test func `a missing frame is named`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32), (32, 32), (32, 32)], mask: (32, 32))
    try FileManager.default.removeItem(atPath: folder["clip/frames/00002.png"])
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", "masks", code: 65,
      naming: ["clip/frames/00003.png", "expected frame number 2 next, found 3"])
  }

  @Test(arguments: [
    (["--memory-limit", "8"], ["--memory-limit", "bounded", "every-n"]),
    (["--memory-policy", "bounded", "--memory-limit", "8mb"], ["--memory-limit", "8mb"]),
    (["--memory-policy", "least"], ["--memory-policy", "least", "prototypes"]),
  ])
  func `a policy or limit that makes no sense is refused`(
    _ options: [String], _ nouns: [String]
  ) async throws {
    let run = try await Tool.segment.run(
      ["m", "--clip", "c", "-o", "masks"] + options, in: folder.path)
    #expect(run.code == 64)
    for noun in nouns { #expect(run.errors.contains(noun), "\(run.errors)") }
  }

  @Test func `a limit too small for its policy is refused`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let run = try await folder.run(
      .segment, "m.safetensors", "--clip", "clip", "-o", "masks", "--memory-policy", "prototypes",
      "--memory-limit", "4")
    #expect(run.code == 64 && run.errors.contains("expected at least 5 frames"))
    #expect(run.errors.contains("prototypes, found 4"))
    #expect(try !folder.files.contains { $0.hasPrefix("masks") })
  }

  @Test func `a clip or a set has to be named, and one of them`() async throws {
    try await folder.refuse(
      .segment, "m", "-o", "masks", code: 64, naming: ["--clip", "--set", "neither"])
    try await folder.refuse(
      .segment, "m", "--clip", "c", "--set", "s", "-o", "masks", code: 64, naming: ["both"])
  }
}
