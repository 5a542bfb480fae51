#if FFmpeg
  public import Files
  public import Images

  /// What can be wrong with a video file.
  ///
  /// Reasons are FFmpeg's own words.
  public enum VideoError: DiagnosticError, Equatable {
    /// FFmpeg cannot open the file, or knows no format that it could be.
    case notAVideo(path: String, reason: String)
    /// No stream of the file is a video.
    case noVideoStream(path: String, found: String)
    /// FFmpeg, as it was built, does not decode the stream.
    case noDecoder(path: String, codec: String)
    /// A frame is larger than a picture may be here.
    case tooLarge(path: String, size: ImageSize)
    /// Frames are to be shown turned by something else than quarters of a turn.
    case unsupportedOrientation(path: String, matrix: [Double])
    /// The file holds a stream of which no frame can be decoded.
    case noFrames(path: String)
    /// FFmpeg found a contradiction, or the end of the file, at about this frame.
    case damaged(path: String, frame: Int, reason: String)
    /// A frame's size is not that of the first.
    case frameSize(path: String, frame: Int, expected: ImageSize, found: ImageSize)
    /// Frames are in a format that is not converted to RGB.
    case notConvertible(path: String, format: String)
    /// The file has fewer frames than when it was opened.
    case changed(path: String, expected: Int, found: Int)

    public var description: String {
      switch self {
      case .notAVideo(let path, let reason): "\(path): expected a video (\(reason))"
      case .noVideoStream(let path, let found):
        "\(path): expected a video stream, found \(found)"
      case .noDecoder(let path, let codec): "\(path): no decoder for codec '\(codec)'"
      case .tooLarge(let path, let size):
        "\(path): expected at most \(ImageSize.maximumSide) pixels a side and "
          + "\(ImageSize.maximumPixels) in all, found \(size)"
      case .unsupportedOrientation(let path, let matrix):
        "\(path): expected frames turned by quarters of a turn, found the matrix "
          + matrix.map { "\($0)" }.joined(separator: " ")
      case .noFrames(let path): "\(path): expected frames, found none"
      case .damaged(let path, let frame, let reason):
        "\(path): damaged video near frame \(frame): \(reason)"
      case .frameSize(let path, let frame, let expected, let found):
        "\(path): frame \(frame): expected \(expected) pixels as the first, found \(found)"
      case .notConvertible(let path, let format):
        "\(path): expected frames that can be converted to RGB, found \(format)"
      case .changed(let path, let expected, let found):
        "\(path): expected \(expected) frames as when it was opened, found \(found)"
      }
    }

    public var fault: Fault { .malformedInput }

    public var hint: String {
      switch self {
      case .notAVideo:
        "copy the file again, or name a video that ffmpeg plays or a folder of frames"
      case .noVideoStream, .noFrames: "name the file that holds the pictures"
      case .noDecoder, .notConvertible: "convert it to a common codec, such as H.264 or FFV1"
      case .tooLarge: "scale the video down"
      case .unsupportedOrientation: "turn the frames themselves by converting the video"
      case .damaged:
        "copy the file again, or let ffmpeg repair what it can: ffmpeg -i CLIP -c:v ffv1 new.mkv"
      case .frameSize: "cut the video where its size changes, or scale all frames to one size"
      case .changed: "leave the file alone while it is read"
      }
    }
  }
#endif
