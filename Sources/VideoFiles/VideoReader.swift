#if FFmpeg
  import CFFmpeg
  import Images

  /// Decodes the frames of a video one after another.
  @safe final class VideoReader {
    /// The number of frames that it has gone past, the one that it is at among them.
    private(set) var count = 0

    /// The size of the frames as they are shown; nil before the first.
    private(set) var size: ImageSize?

    private let path: String
    private let video: OpaquePointer
    private let orientation: Orientation

    /// Opens the file at `path` before its first frame. Throws ``VideoError``.
    init(path: String) throws(VideoError) {
      var header = cffmpeg_header()
      var failure = cffmpeg_failure()
      guard
        let video = unsafe cffmpeg_open(path, Int64(ImageSize.maximumPixels), &header, &failure)
      else { throw VideoError(failure, path, frame: 0) }
      let size = ImageSize(width: Int(header.width), height: Int(header.height))
      let orientation = Orientation(header)
      guard let orientation, size.pixelCount == 0 || size.isReadable else {
        unsafe cffmpeg_close(video)
        guard orientation != nil else {
          let matrix = [header.a, header.b, header.c, header.d].map { Double($0) / 65536 }
          throw .unsupportedOrientation(path: path, matrix: matrix)
        }
        throw .tooLarge(path: path, size: size)
      }
      self.path = path
      unsafe self.video = unsafe video
      self.orientation = orientation
    }

    deinit { unsafe cffmpeg_close(video) }

    /// Goes on to the next frame and says whether there is one. Throws ``VideoError``.
    func advance() throws(VideoError) -> Bool {
      var (width, height) = (Int32(0), Int32(0))
      var failure = cffmpeg_failure()
      switch unsafe cffmpeg_next(video, &width, &height, &failure) {
      case cffmpeg_at_end: return false
      case cffmpeg_at_frame: break
      default: throw VideoError(failure, path, frame: count)
      }
      let stored = ImageSize(width: Int(width), height: Int(height))
      guard stored.isReadable else { throw .tooLarge(path: path, size: stored) }
      let shown = orientation.size(of: stored)
      guard size == nil || size == shown else {
        throw .frameSize(path: path, frame: count, expected: size ?? shown, found: shown)
      }
      size = shown
      count += 1
      return true
    }

    /// The frame that it is at, as it is shown. Throws ``VideoError``.
    func image() throws(VideoError) -> RGBImage {
      guard let size else { preconditionFailure("no frame was decoded") }
      var failure = cffmpeg_failure()
      let byteCount = 3 * size.pixelCount
      var isRead = false
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
        guard let start = buffer.baseAddress else { return }
        isRead = unsafe cffmpeg_read_rgb(video, start, byteCount, &failure)
        initialized = isRead ? byteCount : 0
      }
      guard isRead else { throw VideoError(failure, path, frame: count - 1) }
      return orientation.apply(to: RGBImage(size: orientation.size(of: size), bytes: bytes))
    }
  }

  extension VideoError {
    fileprivate init(_ failure: cffmpeg_failure, _ path: String, frame: Int) {
      let message = text(of: failure.message)
      self =
        switch failure.fault {
        case cffmpeg_no_video_stream: .noVideoStream(path: path, found: message)
        case cffmpeg_no_decoder: .noDecoder(path: path, codec: message)
        case cffmpeg_damaged: .damaged(path: path, frame: frame, reason: message)
        case cffmpeg_not_convertible: .notConvertible(path: path, format: message)
        default: .notAVideo(path: path, reason: message)
        }
    }
  }

  /// The text that an array of C ends with 0.
  private func text<Characters>(of characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
#endif
