import Foundation
import Images
import Testing

@Suite struct SegmentVideoTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try folder.write(try folder.bytes("clip/masks/00000.png"), as: "first.png")
  }

  @Test func `a file without a mask is refused as a clip`() async throws {
    try writeVideo("movie.y4m")
    try await folder.refuse(
      .segment, "m.safetensors", "--clip", "movie.y4m", "-o", "masks", code: 66,
      naming: ["movie.y4m: expected a folder of frames, found a file", "ffmpeg -i movie.y4m"])
  }

  #if FFmpeg
    @Test func `masks of a video are those of its frames, also of a run that was resumed`()
      async throws
    {
      try writeVideo("movie.y4m")
      try writeFrames("frames")
      for clip in ["movie.y4m", "frames"] {
        let run = try await folder.succeed(
          .segment, "m.safetensors", "--clip", clip, "--mask", "first.png", "-o", "\(clip)-masks",
          "--overlay", "\(clip)-pictures")
        #expect(run.output == "wrote 4 masks of 1 object to \(clip)-masks\n")
      }
      let names = ["00000", "00001", "00002", "00003"].map { "\($0).png" }
      func check() throws {
        for name in names {
          for kind in ["masks", "pictures"] {
            let expected = try folder.bytes("frames-\(kind)/\(name)")
            #expect(try folder.bytes("movie.y4m-\(kind)/\(name)") == expected)
          }
        }
      }
      try check()
      for name in names.suffix(2) {
        try FileManager.default.removeItem(atPath: folder["movie.y4m-masks/\(name)"])
      }
      try await folder.succeed(
        .segment, "m.safetensors", "--clip", "movie.y4m", "--mask", "first.png", "-o",
        "movie.y4m-masks", "--overlay", "movie.y4m-pictures", "--resume")
      try check()
    }

    @Test func `what is no video is refused`() async throws {
      try folder.write(Data("not a video".utf8), as: "movie.mp4")
      try await folder.refuse(
        .segment, "m.safetensors", "--clip", "movie.mp4", "--mask", "first.png", "-o", "masks",
        code: 65, naming: ["movie.mp4: expected a video", "Invalid data"])
    }

    /// Writes the black and white frames as the pictures 00000.png and so on of the folder `name`.
    private func writeFrames(_ name: String) throws {
      try FileManager.default.createDirectory(
        atPath: folder[name], withIntermediateDirectories: true)
      for (index, frame) in Self.frames.enumerated() {
        try ImageFile.writeRGB(
          RGBImage(
            size: ImageSize(width: 32, height: 32),
            bytes: frame.flatMap { [UInt8](repeating: $0 ? 255 : 0, count: 3) }),
          to: folder["\(name)/0000\(index).png"])
      }
    }
  #else
    @Test func `a video is refused where FFmpeg's libraries are not built in`() async throws {
      try writeVideo("movie.y4m")
      try await folder.refuse(
        .segment, "m.safetensors", "--clip", "movie.y4m", "--mask", "first.png", "-o", "masks",
        code: 66,
        naming: [
          "movie.y4m: expected a folder of frames, found a file",
          "hint: videos need a build with --traits FFmpeg, or take the frames out first: "
            + "mkdir -p frames && ffmpeg -i movie.y4m frames/%05d.png",
        ])
    }
  #endif

  /// Four frames of 32x32 pixels, a square that moves: true is white.
  private static let frames: [[Bool]] = (0..<4).map { index in
    let columns = 4 * index..<4 * index + 16
    return (0..<32 * 32).map { (8..<24).contains($0 / 32) && columns.contains($0 % 32) }
  }

  /// Writes the frames as a YUV4MPEG2 video, in which white is 235 and black is 16.
  private func writeVideo(_ name: String) throws {
    var video = Data("YUV4MPEG2 W32 H32 F25:1 Ip C444\n".utf8)
    for frame in Self.frames {
      video += Data("FRAME\n".utf8) + Data(frame.map { $0 ? UInt8(235) : 16 })
      video += Data(repeating: 128, count: 2 * 32 * 32)
    }
    try folder.write(video, as: name)
  }
}
