import Files
import Foundation
import Images
import Segmentation
import Testing

@Suite struct VideoClipTests {
  #if FFmpeg
    @Test func `a clip is a video and the mask of its first frame`() throws {
      try withVideo(frames: 3, width: 6, height: 4, mask: (6, 4)) { video, mask in
        let clip = try Clip(name: "clip", frames: video, firstMask: mask)
        #expect(clip.frameNames == ["00000", "00001", "00002"])
        #expect(clip.fullSize == ImageSize(width: 6, height: 4))
        #expect(clip.objects == [1])
        for index in [0, 1, 1, 2, 0] {
          #expect(try clip.image(index).bytes == Self.pixels(index, width: 6, height: 4))
        }
        #expect(try clip.truth(0)?.ids == [UInt8](repeating: 1, count: 24))
        #expect(try clip.truth(1) == nil)
        let small = try Clip(
          name: "clip", frames: video, firstMask: mask, longEdge: 3, maximumFrames: 2)
        #expect(small.size == ImageSize(width: 3, height: 2))
        #expect(small.frameCount == 2)
      }
    }

    @Test func `a mask of another size than the video is refused`() throws {
      try withVideo(frames: 2, width: 6, height: 4, mask: (4, 6)) { video, mask in
        #expect(
          throws: ClipError.maskSize(
            path: mask, expected: ImageSize(width: 6, height: 4),
            found: ImageSize(width: 4, height: 6))
        ) { try Clip(name: "clip", frames: video, firstMask: mask) }
      }
    }

    @Test func `a video of one frame is refused`() throws {
      try withVideo(frames: 1, width: 6, height: 4, mask: (6, 4)) { video, mask in
        #expect(throws: ClipError.tooFewFrames(path: video, found: 1)) {
          try Clip(name: "clip", frames: video, firstMask: mask)
        }
      }
    }
  #else
    @Test func `a video is refused where FFmpeg's libraries are not built in`() throws {
      try withVideo(frames: 2, width: 6, height: 4, mask: (6, 4)) { video, mask in
        let error = #expect(throws: ClipError.notAFolder(path: video)) {
          try Clip(name: "clip", frames: video, firstMask: mask)
        }
        #expect(error?.description == "\(video): expected a folder of frames, found a file")
        #expect(
          error?.hint
            == "videos need a build with --traits FFmpeg, or take the frames out first: "
            + "mkdir -p frames && ffmpeg -i \(video.shellWord) frames/%05d.png")
      }
    }
  #endif

  /// Frame `index`: black and white columns as R'G'B'.
  private static func pixels(_ index: Int, width: Int, height: Int) -> [UInt8] {
    (0..<width * height).flatMap { pixel in
      [UInt8](repeating: (pixel % width + index).isMultiple(of: 2) ? 255 : 0, count: 3)
    }
  }

  /// Lends a YUV4MPEG2 video of those frames, in which white is 235 and black is 16, and a mask of one
  /// object everywhere.
  private func withVideo(
    frames: Int, width: Int, height: Int, mask: (width: Int, height: Int),
    _ body: (_ video: String, _ mask: String) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var video = Data("YUV4MPEG2 W\(width) H\(height) F25:1 Ip C444\n".utf8)
    for index in 0..<frames {
      let pixels = Self.pixels(index, width: width, height: height)
      video += Data("FRAME\n".utf8)
      video += Data((0..<width * height).map { pixels[3 * $0] == 255 ? UInt8(235) : 16 })
      video += Data(repeating: 128, count: 2 * width * height)
    }
    try video.write(to: folder.appendingPathComponent("clip.y4m"))
    try ImageFile.writeMask(
      MaskImage(
        size: ImageSize(width: mask.width, height: mask.height),
        values: [UInt8](repeating: 1, count: mask.width * mask.height), palette: .objects),
      to: "\(folder.path)/mask.png")
    try body("\(folder.path)/clip.y4m", "\(folder.path)/mask.png")
  }
}
