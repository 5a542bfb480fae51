import CJPEG
import Files

extension ImageFile {
  /// The size that the markers of `file` declare (wraps `jpeg_read_header`).
  static func jpegSize(of file: FileBytes) throws(ImageError) -> ImageSize {
    var header = cjpeg_header()
    var failure = cjpeg_failure()
    let isRead = unsafe withPointer(to: file) { bytes, count in
      unsafe cjpeg_read_header(bytes, count, &header, &failure)
    }
    guard isRead else { throw ImageError(failure, file) }
    let size = ImageSize(width: Int(header.width), height: Int(header.height))
    try check(
      size, leastBytes: header.least_bytes,
      memory: 3 * size.pixelCount + header.coefficient_bytes, of: file)
    guard header.components == 1 || header.components == 3 else {
      throw .unsupported(
        path: file.path, expected: "a gray or colour JPEG",
        found: header.components == 4 ? "CMYK" : "\(header.components) components")
    }
    return size
  }

  /// The picture in `file` (wraps `jpeg_read_scanlines`).
  static func readJPEG(_ file: FileBytes) throws -> RGBImage {
    let size = try jpegSize(of: file)
    let byteCount = 3 * size.pixelCount
    let bytes = try unsafe pixels(byteCount) { target in
      var failure = cjpeg_failure()
      let isRead = unsafe withPointer(to: file) { bytes, count in
        unsafe cjpeg_read_rgb(bytes, count, target, byteCount, &failure)
      }
      guard isRead else { throw ImageError(failure, file) }
    }
    return RGBImage(size: size, bytes: bytes)
  }
}

extension ImageError {
  fileprivate init(_ failure: cjpeg_failure, _ file: FileBytes) {
    self =
      failure.truncated
      ? .truncated(path: file.path, format: .jpeg, found: file.count)
      : .damaged(path: file.path, format: .jpeg, reason: text(of: failure.message))
  }
}
