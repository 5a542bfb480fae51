#if FFmpeg
  import Images
  import TestSupport
  import Testing
  import VideoFiles

  @Suite struct VideoFileTests {
    @Test func `frames of a lossless video are those that it was made from`() throws {
      let video = try VideoFile(path: Fixture.path("lossless.mkv"))
      #expect(video.size == ImageSize(width: 32, height: 24))
      #expect(video.frameCount == 6)
      #expect(try video.images == pictures(in: "lossless"))
    }

    @Test(arguments: ["untagged.mov", "bt709full.mp4"])
    func `colours are those of ffmpeg, for the matrix and range that the frames name`(
      name: String
    ) throws {
      let video = try VideoFile(path: Fixture.path(name))
      #expect(try video.images == pictures(in: String(name.prefix { $0 != "." })))
    }

    @Test(arguments: [(90, 24, 32), (180, 32, 24), (270, 24, 32)])
    func `frames are turned as ffmpeg turns them`(angle: Int, width: Int, height: Int) throws {
      let video = try VideoFile(path: Fixture.path("rotated\(angle).mov"))
      #expect(video.size == ImageSize(width: width, height: height))
      #expect(try video.images == pictures(in: "rotated\(angle)"))
    }

    @Test func `frames are mirrored as the file says`() throws {
      let mirrored = try Fixture.bytes("rotated180.mov").replacing(
        only: [0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0],
        with: [0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
      let stored = try pictures(in: "lossless")[0]
      let expected = (0..<32 * 24).flatMap { pixel in
        let start = 3 * (32 * (pixel / 32) + 31 - pixel % 32)
        return stored.bytes[start..<start + 3]
      }
      try ScratchFolder.withFile(mirrored) { path in
        let image = try VideoFile(path: path).image(0)
        #expect(image.bytes == expected)
      }
    }

    @Test func `frames that the file hides are neither counted nor shown, and may be damaged`()
      throws
    {
      let video = try VideoFile(path: Fixture.path("cut.mp4"))
      #expect(video.frameCount == 4)
      #expect(try video.images == pictures(in: "cut"))
    }

    @Test func `frames may be asked for in any order`() throws {
      let video = try VideoFile(path: Fixture.path("untagged.mov"))
      let expected = try pictures(in: "untagged")
      for index in [3, 3, 5, 0, 1, 1, 0, 4] {
        #expect(try video.image(index) == expected[index])
      }
    }

    @Test func `frames beyond the maximum are left out`() throws {
      let path = Fixture.path("lossless.mkv")
      #expect(try VideoFile(path: path, maximumFrames: 2).frameCount == 2)
      #expect(try VideoFile(path: path, maximumFrames: 99).frameCount == 6)
    }

    @Test func `tasks that share a video get the frames that they ask for`() async throws {
      let video = try VideoFile(path: Fixture.path("lossless.mkv"))
      let expected = try pictures(in: "lossless")
      try await withThrowingTaskGroup { group in
        for turn in 0..<24 {
          group.addTask {
            let index = turn * 5 % expected.count
            return try video.image(index) == expected[index]
          }
        }
        for try await isEqual in group { #expect(isEqual) }
      }
    }

    @Test func `the format is told by the contents, whatever the name`() throws {
      let expected = try pictures(in: "lossless")
      try ScratchFolder.withFile(try Fixture.bytes("lossless.mkv"), called: "notes.txt") { path in
        let images = try VideoFile(path: path).images
        #expect(images == expected)
      }
    }
  }
#endif
