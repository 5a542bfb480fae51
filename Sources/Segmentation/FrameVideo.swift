#if FFmpeg
  import Images
  import VideoFiles

  /// Frames that are those of a video file, called 00000, 00001 and so on.
  struct FrameVideo: FrameSource {
    let names: [String]
    let paths: [String]

    private let video: VideoFile

    /// The first `maximumFrames` of the file at `path`, at least 2. Throws
    /// ``ClipError/tooFewFrames(path:found:)``, `VideoError` or `FileError`.
    init(path: String, maximumFrames: Int?) throws {
      video = try VideoFile(path: path, maximumFrames: maximumFrames)
      guard video.frameCount >= 2 else {
        throw ClipError.tooFewFrames(path: path, found: video.frameCount)
      }
      paths = [path]
      names = (0..<video.frameCount).map { index in
        String(repeating: "0", count: max(5 - "\(index)".count, 0)) + "\(index)"
      }
    }

    var size: ImageSize { video.size }

    func image(_ index: Int) throws -> RGBImage { try video.image(index) }
  }
#endif
