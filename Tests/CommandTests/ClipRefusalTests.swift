import Foundation
import Testing

/// Clips are opened by three tools, which must refuse them alike.
@Suite struct ClipRefusalTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
  }

  /// Gives each tool the clip called `clip`.
  private func refuse(code: Int32, naming nouns: [String]) async throws {
    try await folder.refuse(
      .quantize, "m.safetensors", "-o", "q.safetensors", "--precision", "int8", "--calibrate",
      "clip", code: code, naming: nouns)
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--report", "r.json",
      code: code, naming: nouns)
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "clip", "-o", "masks", code: code, naming: nouns)
  }

  @Test func `a clip that is missing is refused`() async throws {
    try await refuse(code: 66, naming: ["clip"])
  }

  @Test func `a clip without frames is refused`() async throws {
    try folder.writeClip("clip", frames: [], mask: (32, 32))
    try await refuse(code: 66, naming: ["clip/frames"])
  }

  @Test func `a clip of one frame is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32)], mask: (32, 32))
    try await refuse(code: 65, naming: ["clip/frames", "at least 2", "found 1"])
  }

  @Test func `a clip without a first mask is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: nil)
    try await refuse(code: 66, naming: ["clip/masks/00000.png"])
  }

  @Test func `a clip whose first mask is empty is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32), id: 0)
    try await refuse(code: 65, naming: ["clip/masks/00000.png", "without an object"])
  }

  @Test func `frames of several sizes are refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 48)], mask: (32, 32))
    try await refuse(code: 65, naming: ["clip/frames/00001.png", "32x32", "32x48"])
  }

  @Test func `a mask of another size is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (16, 32))
    try await refuse(code: 65, naming: ["clip/masks/00000.png", "32x32", "16x32"])
  }

  @Test func `a frame that is no picture is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try folder.write(Data("not a picture".utf8), as: "clip/frames/00001.png")
    try await refuse(code: 65, naming: ["clip/frames/00001.png", "PNG or JPEG"])
  }

  @Test func `a colour picture as the mask is refused`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: nil)
    try folder.write(try folder.bytes("clip/frames/00000.png"), as: "clip/masks/00000.png")
    try await refuse(code: 65, naming: ["clip/masks/00000.png", "indexed"])
  }

  @Test func `a PNG that is called .jpg is read by its contents`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for name in ["00000", "00001"] {
      try FileManager.default.moveItem(
        atPath: folder["clip/frames/\(name).png"], toPath: folder["clip/frames/\(name).jpg"])
    }
    try await folder.succeed(.segment, "m.safetensors", "--clip", "clip", "-o", "masks")
  }
}
