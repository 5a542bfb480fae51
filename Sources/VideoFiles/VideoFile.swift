#if FFmpeg
  import Files
  public import Images
  import Synchronization

  /// The frames of a video file's first video stream, decoded when asked for (FFmpeg's libraries).
  ///
  /// The format is told by the file's contents, whatever its name; sound, subtitles and cover pictures
  /// are left alone. Frames come in the order in which they are shown, turned as the file says, as
  /// 8-bit R'G'B': luma and chroma are converted with the matrix and range that the frame names, BT.601
  /// and video range where it names none, and chroma is interpolated. Neither transfer functions nor
  /// primaries are converted, tones are not mapped, and pixels that are not square stay so. The same
  /// file gives the same bytes on every processor. Whatever FFmpeg reports as an error is one.
  public final class VideoFile: Sendable {
    /// The path as the caller gave it.
    public let path: String

    /// The size of the frames as they are shown.
    public let size: ImageSize

    /// The number of frames.
    public let frameCount: Int

    private let position = Mutex(Position())

    /// Opens the file at `path` and decodes it once, or its first `maximumFrames`: only that tells how
    /// many frames there are, since some are hidden, cut off or said to be there.
    ///
    /// Throws ``VideoError``, or `FileError` for what is no readable file.
    public init(path: String, maximumFrames: Int? = nil) throws {
      precondition(maximumFrames ?? 0 >= 0, "a limit below 0")
      _ = try FileBytes(path: path)
      let reader = try VideoReader(path: path)
      while reader.count < maximumFrames ?? .max, try reader.advance() {}
      guard let size = reader.size else { throw VideoError.noFrames(path: path) }
      self.path = path
      self.size = size
      frameCount = reader.count
    }

    /// Frame `index`, from 0.
    ///
    /// What is asked for in ascending order, the last frame again among it, is decoded once; an earlier
    /// frame starts the file from its beginning. Throws ``VideoError``.
    public func image(_ index: Int) throws -> RGBImage {
      precondition(index >= 0 && index < frameCount, "frame \(index) of \(frameCount)")
      return try position.withLock { position in
        if let last = position.last, last.index == index { return last.image }
        let reader = try position.reader(before: index, of: path)
        position = Position()
        while reader.count <= index {
          guard try reader.advance() else {
            throw VideoError.changed(path: path, expected: frameCount, found: reader.count)
          }
        }
        let image = try reader.image()
        guard image.size == size else {
          throw VideoError.frameSize(path: path, frame: index, expected: size, found: image.size)
        }
        position = Position(reader: reader, last: (index, image))
        return image
      }
    }
  }

  /// How far a file was decoded.
  private struct Position {
    var reader: VideoReader?
    var last: (index: Int, image: RGBImage)?

    /// A reader of the file at `path` that has not gone past frame `index`.
    func reader(before index: Int, of path: String) throws(VideoError) -> VideoReader {
      if let reader, reader.count <= index { return reader }
      return try VideoReader(path: path)
    }
  }
#endif
