import Foundation
import Images
import Testing

/// What runs of stm-segment leave behind that cannot write, or do not come to their end.
@Suite struct SegmentOutputTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
  }

  private func write(_ values: [UInt8], width: Int, to name: String) throws {
    try ImageFile.writeMask(
      MaskImage(
        size: ImageSize(width: width, height: values.count / width), values: values,
        palette: .objects), to: folder[name])
  }

  @Test(arguments: ["/proc/masks", "/dev/null/masks"])
  func `an output folder where nothing can be made is refused`(output: String) async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", output, code: 73, naming: [output])
  }

  @Test func `an output folder that takes no files is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", "/proc/self", code: 73,
      naming: ["/proc/self"])
  }

  @Test func `a mask that does not fit on the disk is named, and those before it are complete`()
    throws
  {
    let side = 192
    let sizes = [(width: Int, height: Int)](repeating: (side, side), count: 3)
    try folder.writeClip("clip", frames: sizes, mask: (side, side))
    // Noise of four objects that appear, 2 bits a pixel, makes a mask of more than 9 KB.
    var state: UInt32 = 1
    let noise = (0..<side * side).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(2 + state >> 30)
    }
    try write(noise, width: side, to: "clip/masks/00001.png")
    let run = try folder.run(
      .segment, after: "trap '' XFSZ; ulimit -f 6",
      ["m.safetensors", "--clip", "clip", "--new-objects", "-o", "masks"])
    #expect(run.code == 74 && run.errors.contains("masks/00001.png"), "\(run.errors)")
    #expect(try folder.files.filter { $0.hasPrefix("masks/") } == ["masks/00000.png"])
    let first = try ImageFile.readMask(folder["masks/00000.png"])
    #expect(try first == ImageFile.readMask(folder["clip/masks/00000.png"]))
  }

  @Test func `memory too small for an object that appears later ends the run after its frame`()
    async throws
  {
    let sizes = [(width: Int, height: Int)](repeating: (96, 96), count: 4)
    try folder.writeClip("clip", frames: sizes, mask: (96, 96))
    try write(
      (0..<96 * 96).map { $0 % 96 > 80 ? 9 : 0 }, width: 96, to: "clip/masks/00002.png")
    // Plain loops hold 2 + 4 numbers of 4 bytes at each of 6x6 positions of an object.
    let run = try await folder.run(
      .segment, "m.safetensors", "--clip", "clip", "--new-objects", "-o", "masks",
      "--memory-policy", "bounded", "--memory-limit", "2kB", "--backend", "reference")
    #expect(run.code == 64)
    #expect(
      run.errors.contains(
        "memory limit: expected at least 3456 bytes, 2 frames, found 2000 bytes"), "\(run.errors)")
    #expect(
      try folder.files.filter { $0.hasPrefix("masks/") } == (0..<3).map { "masks/0000\($0).png" })
    #expect(try ImageFile.readMask(folder["masks/00002.png"]).values.contains(9))
  }

  @Test func `a set of which half is done is resumed to the same masks`() async throws {
    for name in ["a", "b", "c"] {
      try folder.writeClip(
        "set/\(name)", frames: [(48, 32), (48, 32), (48, 32)], mask: (48, 32))
    }
    try await folder.succeed(.segment, "m.safetensors", "--set", "set", "-o", "out", "--quiet")
    let names = ["a", "b", "c"].flatMap { clip in (0..<3).map { "out/\(clip)/0000\($0).png" } }
    let masks = try names.map(folder.bytes)
    for name in names[4...] { try FileManager.default.removeItem(atPath: folder[name]) }
    let times = try names[..<4].map(modified)
    try await folder.succeed(
      .segment, "m.safetensors", "--set", "set", "-o", "out", "--resume", "--quiet")
    #expect(try names.map(folder.bytes) == masks)
    #expect(try names[..<4].map(modified) == times)
  }

  private func modified(_ name: String) throws -> Date? {
    try FileManager.default.attributesOfItem(atPath: folder[name])[.modificationDate] as? Date
  }

  @Test func `a stopped run of an int8 model is resumed to the same masks`() async throws {
    let options = [
      try await Sample.models.value.int8, "--clip", Sample.clip, "--frames", "8", "--long-edge",
      "48", "--memory-policy", "bounded", "--memory-limit", "3", "--memory-every", "1", "--quiet",
      // Slow enough to be stopped between the first and the last frame.
      "--backend", "reference",
    ]
    #expect(try await Tool.segment.run(options + ["-o", "whole"], in: folder.path).code == 0)
    let code = try folder.interrupt(
      .segment, options + ["-o", "half"], once: "half/00002.png")
    #expect(code == 130)
    #expect(try folder.files.contains("half/.session.safetensors"))
    #expect(try !folder.files.contains("half/00007.png"))
    let run = try await Tool.segment.run(options + ["-o", "half", "--resume"], in: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    for name in (0..<8).map({ "0000\($0).png" }) {
      #expect(try folder.bytes("half/\(name)") == folder.bytes("whole/\(name)"))
    }
  }

  @Test func `the example of the library finds the masks that the tool writes`() async throws {
    let model = try await Sample.models.value.fp32
    try await folder.succeed(
      .segment, model, "--clip", Sample.clip, "--frames", "3", "--memory-policy", "bounded",
      "--memory-limit", "8", "-o", "masks", "--quiet")
    let frames = (0..<3).map { "\(Sample.clip)/frames/0000\($0).jpg" }
    let run = try Run(
      Process(
        Tool.folder.appendingPathComponent("stm-example").path,
        [model, "\(Sample.clip)/masks/00000.png"] + frames, in: folder.path))
    #expect(run.code == 0, "\(run.errors)")
    let expected = try (1..<3).map { frame in
      let ids = try ImageFile.readMask(folder["masks/0000\(frame).png"]).values
      let areas = [1, 2].map { id in "\(id): \(ids.count { $0 == id })" }
      return "\(frames[frame]) \(areas.joined(separator: ", "))\n"
    }
    #expect(run.output == expected.joined())
  }

  @Test func `sequences of a set are chosen by names or by a list`() async throws {
    for name in ["cat", "dog", "pig"] {
      try folder.writeClip("set/\(name)", frames: [(32, 32), (32, 32)], mask: (32, 32))
    }
    try folder.write(Data("pig\ncat\n".utf8), as: "val.txt")
    for (list, names) in [("dog", ["dog"]), ("val.txt", ["cat", "pig"])] {
      let run = try await folder.succeed(
        .segment, "m.safetensors", "--set", "set", "--sequences", list, "-o", "out-\(list)")
      #expect(run.output.contains("of \(names.count) clip"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder["out-\(list)"]).sorted() == names
      )
    }
  }

  @Test func `sequences that a set does not have are refused, each with those like it`()
    async throws
  {
    for name in ["car-shadow", "dogs"] {
      try folder.writeClip("set/\(name)", frames: [(32, 32), (32, 32)], mask: (32, 32))
    }
    let nouns = [
      "set: 2 clips are not there:", "  expected a clip called 'dog', found none, nearest: dogs\n",
      "  expected a clip called 'sheep', found none\n",
    ]
    try await folder.refuse(
      .segment, "m.safetensors", "--set", "set", "--sequences", "dog,car-shadow,sheep", "-o", "out",
      code: 66, naming: nouns)
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clips", "set", "--sequences", "dog,sheep",
      code: 66, naming: nouns)
  }

  @Test func `sequences go with a set`() async throws {
    try await folder.refuse(
      .segment, "m", "--clip", "c", "--sequences", "a", "-o", "out", code: 64,
      naming: ["--sequences", "--set", "--clip"])
    try await folder.refuse(
      .verify, "m", "m", "--clip", "c", "--sequences", "a", code: 64,
      naming: ["--sequences", "--clips", "--clip"])
    try await folder.refuse(
      .segment, "m", "--set", "set", "--sequences", "a,a", "-o", "out", code: 64,
      naming: ["'a' twice"])
  }
}
