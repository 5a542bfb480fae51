import CPNG
import Files

/// What the chunks before the pixels of a PNG file say, checked against the limits.
struct PNGHeader {
  /// The kinds of pixel; the raw values are libpng's `PNG_COLOR_TYPE_*`, which are the format's.
  enum Kind: Int32 {
    case gray = 0
    case rgb = 2
    case indexed = 3
    case grayAlpha = 4
    case rgba = 6

    var name: String {
      switch self {
      case .gray: "gray"
      case .rgb: "RGB"
      case .indexed: "indexed"
      case .grayAlpha: "gray with alpha"
      case .rgba: "RGB with alpha"
      }
    }
  }

  let size: ImageSize
  let kind: Kind
  let bitDepth: Int
  /// Whether the file says how opaque its pixels are.
  let hasAlpha: Bool
  let palette: Palette?
  let software: String?

  /// What a pixel is, for messages.
  var contents: String { "\(kind.name) of \(bitDepth) bits" }

  /// Reads the header of `file` (wraps `png_read_info`).
  init(of file: FileBytes) throws(ImageError) {
    var header = cpng_header()
    var failure = cpng_failure()
    let isRead = unsafe ImageFile.withPointer(to: file) { bytes, count in
      unsafe cpng_read_header(bytes, count, &header, &failure)
    }
    guard isRead else { throw ImageError(failure, file) }
    size = ImageSize(width: Int(header.width), height: Int(header.height))
    // Deflate makes at most 1032 bytes of one.
    try ImageFile.check(
      size, leastBytes: size.height * Int(header.row_bytes) / 1032, memory: 3 * size.pixelCount,
      of: file)
    guard let kind = Kind(rawValue: header.color_type) else {
      throw .damaged(
        path: file.path, format: .png,
        reason: "expected a colour type of the format, "
          + "found \(header.color_type)")
    }
    self.kind = kind
    bitDepth = Int(header.bit_depth)
    hasAlpha = header.has_alpha
    let software = text(of: header.software)
    self.software = software.isEmpty ? nil : software
    palette =
      kind == .indexed
      ? Palette(
        triples: unsafe withUnsafeBytes(of: header.palette) { bytes in
          unsafe [UInt8](bytes.prefix(3 * Int(header.palette_count)))
        }) : nil
  }
}

extension ImageFile {
  /// The picture in `file` in colour.
  static func readPNG(_ file: FileBytes) throws -> RGBImage {
    let header = try PNGHeader(of: file)
    return RGBImage(
      size: header.size,
      bytes: try readPixels(file, CPNG_RGB, byteCount: 3 * header.size.pixelCount))
  }

  /// The picture in `file` with its opacity, which must be there.
  static func readPNGWithAlpha(_ file: FileBytes) throws -> RGBAImage {
    let header = try PNGHeader(of: file)
    guard header.hasAlpha else {
      throw ImageError.noAlpha(path: file.path, found: header.contents)
    }
    try check(header.size, leastBytes: 0, memory: 4 * header.size.pixelCount, of: file)
    return RGBAImage(
      size: header.size,
      bytes: try readPixels(file, CPNG_RGBA, byteCount: 4 * header.size.pixelCount))
  }

  /// The numbers in `file`, which must be indexed or gray.
  static func readPNGMask(_ file: FileBytes) throws -> MaskImage {
    let header = try PNGHeader(of: file)
    guard header.kind == .indexed || header.kind == .gray, header.bitDepth <= 8 else {
      throw ImageError.notAMask(
        path: file.path, found: header.contents)
    }
    return MaskImage(
      size: header.size,
      values: try readPixels(file, CPNG_VALUES, byteCount: header.size.pixelCount),
      palette: header.palette)
  }

  /// Decodes every pixel (wraps `png_read_row` and `png_read_end`).
  private static func readPixels(
    _ file: FileBytes, _ layout: cpng_layout, byteCount: Int
  ) throws -> [UInt8] {
    try unsafe pixels(byteCount) { target in
      var failure = cpng_failure()
      let isRead = unsafe withPointer(to: file) { bytes, count in
        unsafe cpng_read_pixels(bytes, count, layout, target, byteCount, &failure)
      }
      guard isRead else { throw ImageError(failure, file) }
    }
  }
}

extension ImageError {
  fileprivate init(_ failure: cpng_failure, _ file: FileBytes) {
    self =
      failure.truncated
      ? .truncated(path: file.path, format: .png, found: file.count)
      : .damaged(path: file.path, format: .png, reason: text(of: failure.message))
  }
}

/// The characters before the first 0 of a C array, which Swift sees as a tuple.
func text<Characters>(of characters: Characters) -> String {
  unsafe withUnsafeBytes(of: characters) { bytes in
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
