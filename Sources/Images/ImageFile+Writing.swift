import CJPEG
import CPNG
import Files

/// The same picture always gives the same bytes.
extension ImageFile {
  /// Writes `mask` to `path` as an indexed PNG of 8 bits and 256 colours, atomically.
  ///
  /// A gray mask gets the colours of ``Palette/objects``. `software`, ASCII of less than 512
  /// characters, says what made it, in the text chunk of that name (PNG, third edition, 11.3.3.1).
  /// Throws `FileError` or ``ImageError/cannotEncode(path:reason:)``.
  public static func writeMask(
    _ mask: MaskImage, software: String? = nil, to path: String
  ) throws {
    precondition(software?.utf8.allSatisfy { (32...126).contains($0) } ?? true, "no ASCII text")
    let bytes = try encoded(
      mask.values, size: mask.size, palette: mask.palette ?? .objects, software: software,
      path: path)
    try AtomicFile.write(bytes, to: path)
  }

  /// Writes `image` to `path` as a PNG of 8 bits, atomically.
  ///
  /// Throws `FileError` or ``ImageError/cannotEncode(path:reason:)``.
  public static func writeRGB(_ image: RGBImage, to path: String) throws {
    try AtomicFile.write(try encoded(image.bytes, size: image.size, path: path), to: path)
  }

  /// The bytes of an indexed PNG of 8 bits and 256 colours, index `i` as opaque as `alpha[i]` says,
  /// from 0 to 255; indices beyond it are opaque.
  ///
  /// A gray mask gets the colours of ``Palette/objects``; `name` is for messages. Throws
  /// ``ImageError/cannotEncode(path:reason:)``.
  public static func png(
    _ mask: MaskImage, alpha: [UInt8], name: String
  ) throws(ImageError) -> [UInt8] {
    let opacities = (alpha + Array(repeating: 255, count: 256)).prefix(256)
    return try encoded(
      mask.values, size: mask.size, palette: mask.palette ?? .objects, alpha: Array(opacities),
      path: name)
  }

  /// The bytes of a baseline JPEG file (ITU-T T.81) of `quality`, from 1 to 100, as libjpeg counts
  /// it, with colours at half the resolution; `name` is for messages.
  ///
  /// Throws ``ImageError/cannotEncode(path:reason:)``.
  public static func jpeg(
    _ image: RGBImage, quality: Int, name: String
  ) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "quality \(quality)")
    var file: UnsafeMutablePointer<UInt8>?
    var byteCount = 0
    var failure = cjpeg_failure()
    let isWritten = unsafe cjpeg_write_rgb(
      image.bytes, UInt32(image.width), UInt32(image.height), Int32(quality), &file, &byteCount,
      &failure)
    guard isWritten else {
      throw .cannotEncode(path: name, reason: text(of: failure.message))
    }
    defer { unsafe cjpeg_free(file) }
    return unsafe [UInt8](UnsafeBufferPointer(start: file, count: byteCount))
  }

  /// Encodes rows of RGB, or of indices into `palette` (wraps `png_write_row`).
  private static func encoded(
    _ pixels: [UInt8], size: ImageSize, palette: Palette? = nil, alpha: [UInt8]? = nil,
    software: String? = nil, path: String
  ) throws(ImageError) -> [UInt8] {
    var file: UnsafeMutablePointer<UInt8>?
    var byteCount = 0
    var failure = cpng_failure()
    let isWritten = unsafe cpng_write(
      pixels, UInt32(size.width), UInt32(size.height), palette?.bytes, alpha, software, &file,
      &byteCount, &failure)
    guard isWritten else {
      throw .cannotEncode(path: path, reason: text(of: failure.message))
    }
    defer { unsafe cpng_free(file) }
    return unsafe [UInt8](UnsafeBufferPointer(start: file, count: byteCount))
  }
}
