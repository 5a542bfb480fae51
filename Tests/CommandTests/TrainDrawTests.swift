import Foundation
import Images
import Safetensors
import Tensors
import Testing

@Suite struct TrainDrawTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `draw writes the frames, masks and tensors of clips`() async throws {
    try folder.writeImages()
    try await folder.succeed(
      .train, "draw", "--images", "images", "--masks", "masks", "--size", "32x48", "--count", "2",
      "-o", "drawn")
    for clip in ["00000-0", "00000-1"] {
      for index in 1...3 {
        let frame = try ImageFile.readRGB(folder["drawn/\(clip)/frame-\(index).png"])
        let mask = try ImageFile.readMask(folder["drawn/\(clip)/mask-\(index).png"])
        #expect(frame.size == ImageSize(width: 48, height: 32))
        #expect(mask.size == frame.size)
      }
    }
    let sheet = try ImageFile.readRGB(folder["drawn/contact.png"])
    #expect(sheet.size == ImageSize(width: 3 * 48 + 2 * 4, height: 2 * 32 + 4))
    let tensors = try SafetensorsFile.read(folder["drawn/clips.safetensors"])
    #expect(
      tensors.shapes == [
        "00000-0.frames": [3, 3, 32, 48], "00000-0.masks": [3, 32, 48],
        "00000-1.frames": [3, 3, 32, 48], "00000-1.masks": [3, 32, 48],
      ])
    let masks = try #require(try tensors["00000-0.masks"]?.tensor())
    let bytes = masks.bytes.withBytes { unsafe $0.withUnsafeBytes { unsafe [UInt8]($0) } }
    #expect(
      bytes[..<(32 * 48)]
        == (try ImageFile.readMask(folder["drawn/00000-0/mask-1.png"]).values)[...])
  }

  @Test func `the same seed draws the same clips, another one others`() async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    for source in [["--images", "images", "--masks", "masks"], ["--clips", "clips"]] {
      for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
        let run = try await Tool.train.run(
          ["draw"] + source + ["--size", "32x32", "--seed", seed, "-o", name], in: folder.path)
        #expect(run.code == 0, "\(run.errors)")
      }
      let first = try folder.bytes("a/clips.safetensors")
      #expect(try folder.bytes("b/clips.safetensors") == first)
      #expect(try folder.bytes("c/clips.safetensors") != first)
    }
  }

  @Test func `what is drawn is never written over pictures`() async throws {
    try folder.writeImages()
    try await folder.refuse(
      .train, "draw", "--images", "images", "--masks", "masks", "--size", "32x32", "-o", "images",
      code: 64, naming: ["--output", "images"])
  }
}
