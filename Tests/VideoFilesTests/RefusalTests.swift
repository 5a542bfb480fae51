#if FFmpeg
  import Files
  import Foundation
  import Images
  import TestSupport
  import Testing
  import VideoFiles

  @Suite struct RefusalTests {
    @Test func `a missing file and a folder are refused by name`() throws {
      let missing = Fixture.path("none.mp4")
      #expect(throws: FileError.notFound(path: missing)) { try VideoFile(path: missing) }
      let folder = Fixture.path("lossless")
      #expect(throws: FileError.aFolder(path: folder)) { try VideoFile(path: folder) }
    }

    @Test(arguments: ["clip.mp4", "clip.txt", "clip.m3u8"])
    func `a text is no video, whatever its name`(name: String) throws {
      let text = String(repeating: "What these lines say is no picture.\n", count: 40)
      try ScratchFolder.withFile(Array(text.utf8), called: name) { path in
        #expect(
          throws: VideoError.notAVideo(
            path: path, reason: "Invalid data found when processing input")
        ) { try VideoFile(path: path) }
      }
      try ScratchFolder.withFile([], called: name) { path in
        #expect(throws: VideoError.self) { try VideoFile(path: path) }
      }
    }

    @Test func `a playlist does not lead to other files`() throws {
      let list = """
        #EXTM3U
        #EXT-X-TARGETDURATION:1
        #EXTINF:1,
        \(Fixture.path("untagged.mov"))
        #EXT-X-ENDLIST

        """
      try ScratchFolder.withFile(Array(list.utf8), called: "list.m3u8") { path in
        #expect(throws: VideoError.self) { try VideoFile(path: path) }
      }
    }

    @Test(arguments: [("sound.wav", "audio"), ("cover.m4a", "audio, a cover picture")])
    func `a file without a video stream is refused with what it holds`(
      name: String, found: String
    ) throws {
      let path = Fixture.path(name)
      let error = #expect(throws: VideoError.noVideoStream(path: path, found: found)) {
        try VideoFile(path: path)
      }
      #expect(error?.description == "\(path): expected a video stream, found \(found)")
    }

    @Test func `a codec that FFmpeg does not decode is refused by name`() throws {
      let changed = try Fixture.bytes("lossless.mkv").replacing(
        only: Array("FFV1".utf8), with: Array("QUIC".utf8))
      try ScratchFolder.withFile(changed) { path in
        #expect(throws: VideoError.noDecoder(path: path, codec: "none")) {
          try VideoFile(path: path)
        }
      }
    }

    @Test(arguments: ["lossless.mkv", "untagged.mov"])
    func `a file that ends too early is refused unless all frames are there`(name: String) throws {
      let whole = try Fixture.bytes(name)
      var refused = 0
      for count in stride(from: 0, to: whole.count, by: 97) {
        try ScratchFolder.withFile(Array(whole.prefix(count))) { path in
          do {
            let video = try VideoFile(path: path)
            #expect(video.frameCount == 6, "\(count) of \(whole.count) bytes")
          } catch is VideoError { refused += 1 }
        }
      }
      #expect(refused >= whole.count * 3 / 4 / 97)
    }

    @Test func `a damaged frame is refused with its number and FFmpeg's reason`() throws {
      var changed = try Fixture.bytes("lossless.mkv")
      changed[changed.count / 2] ^= 0x10
      try ScratchFolder.withFile(changed) { path in
        let error = #expect(throws: VideoError.self) { try VideoFile(path: path) }
        guard case .damaged(path, let frame, let reason) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect((1...4).contains(frame))
        #expect(reason.contains("CRC mismatch"))
      }
    }

    @Test func `frames of another size in mid-stream are refused`() throws {
      let path = Fixture.path("resized.h264")
      #expect(
        throws: VideoError.frameSize(
          path: path, frame: 2, expected: ImageSize(width: 32, height: 24),
          found: ImageSize(width: 24, height: 32))
      ) { try VideoFile(path: path) }
      #expect(try VideoFile(path: path, maximumFrames: 2).frameCount == 2)
    }

    @Test func `frames over the limits are refused before they are decoded`() throws {
      try ScratchFolder.withFile(Array("YUV4MPEG2 W65501 H2 F25:1 C420\nFRAME\n".utf8)) { path in
        #expect(
          throws: VideoError.tooLarge(path: path, size: ImageSize(width: 65_501, height: 2))
        ) { try VideoFile(path: path) }
      }
    }

    @Test func `a video that is turned by another angle than quarters is refused`() throws {
      let turned = try Fixture.bytes("rotated90.mov").replacing(
        only: [0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        with: [0, 0, 0x80, 0, 0xFF, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0x80, 0])
      try ScratchFolder.withFile(turned) { path in
        #expect(
          throws: VideoError.unsupportedOrientation(path: path, matrix: [0.5, -0.75, 0.75, 0.5])
        ) { try VideoFile(path: path) }
      }
    }

    @Test func `a video that became another one since is refused`() throws {
      try ScratchFolder.withFile(try Fixture.bytes("lossless.mkv")) { path in
        let video = try VideoFile(path: path)
        try Data(try Fixture.bytes("bt709full.mp4")).write(to: URL(fileURLWithPath: path))
        #expect(throws: VideoError.changed(path: path, expected: 6, found: 3)) {
          try video.image(5)
        }
        try Data(try Fixture.bytes("rotated90.mov")).write(to: URL(fileURLWithPath: path))
        #expect(
          throws: VideoError.frameSize(
            path: path, frame: 0, expected: ImageSize(width: 32, height: 24),
            found: ImageSize(width: 24, height: 32))
        ) { try video.image(0) }
      }
    }
  }
#endif
