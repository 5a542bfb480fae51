import Files

/// Reads pictures from PNG and JPEG files, whatever their names, and writes both.
///
///     PNG   89 50 4E 47 0D 0A 1A 0A, then chunks: length, name, bytes, CRC-32
///           (IHDR first, PLTE before IDAT, IEND last)
///     JPEG  FF D8 FF, then markers and entropy-coded scans, FF D9 at the end
///
/// Pixels are those of Pillow, bit for bit: JPEG by the accurate integer DCT and "fancy"
/// upsampling; gray repeated, alpha dropped, 16 bits cut to the upper 8; neither gamma, colour
/// profiles nor the camera's orientation are applied. Damage anywhere in a file is an error.
public enum ImageFile {
  /// The size of the picture at `path`; reads no further than the header.
  ///
  /// Throws `FileError` or ``ImageError``.
  public static func size(_ path: String) throws -> ImageSize {
    let file = try FileBytes(path: path)
    return switch try format(of: file) {
    case .png: try PNGHeader(of: file).size
    case .jpeg: try jpegSize(of: file)
    }
  }

  /// The picture at `path` in colour. Throws `FileError` or ``ImageError``.
  public static func readRGB(_ path: String) throws -> RGBImage {
    let file = try FileBytes(path: path)
    return switch try format(of: file) {
    case .png: try readPNG(file)
    case .jpeg: try readJPEG(file)
    }
  }

  /// The picture at `path` in colour with the opacity of its pixels, as cut-outs have: a PNG with a
  /// channel of it, or one whose palette or colours it says are clear (its tRNS chunk).
  ///
  /// Throws `FileError` or ``ImageError``; without opacity ``ImageError/noAlpha(path:found:)``.
  public static func readRGBA(_ path: String) throws -> RGBAImage {
    let file = try FileBytes(path: path)
    switch try format(of: file) {
    case .png: return try readPNGWithAlpha(file)
    case .jpeg: throw ImageError.noAlpha(path: path, found: "JPEG")
    }
  }

  /// The mask at `path`: the indices of an indexed PNG as they are, or the values of a gray one.
  ///
  /// Gray of 1, 2 or 4 bits is scaled to 0...255, so that white is 255. Throws `FileError` or
  /// ``ImageError``; files that do not hold one number of 8 bits a pixel are
  /// ``ImageError/notAMask(path:found:)``.
  public static func readMask(_ path: String) throws -> MaskImage {
    let file = try FileBytes(path: path)
    switch try format(of: file) {
    case .png: return try readPNGMask(file)
    case .jpeg: throw ImageError.notAMask(path: path, found: "JPEG, which does not keep ids exact")
    }
  }

  /// What the PNG at `path` says that made it, in less than 512 characters; nil: nothing, or it is no
  /// PNG. Throws `FileError` or ``ImageError``.
  public static func software(of path: String) throws -> String? {
    let file = try FileBytes(path: path)
    guard try format(of: file) == .png else { return nil }
    return try PNGHeader(of: file).software
  }

  private static func format(of file: FileBytes) throws(ImageError) -> ImageFormat {
    let start = file.withBytes(in: 0..<min(8, file.count)) { bytes in
      unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
    if start == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] { return .png }
    if start.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    let digits = start.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
    throw .unknownFormat(
      path: file.path,
      found: start.isEmpty ? "nothing: it is empty" : digits.joined(separator: " "))
  }

  /// The bytes of memory that decoding may take whatever the size of the file, 192 MiB.
  static let leastMemory = 192 << 20

  /// The bytes of memory that decoding may take for each byte of a larger file.
  static let memoryPerByte = 100

  /// Checks a header's `size`, that at least `leastBytes` are there and that the `memory` of
  /// decoding is in proportion to the file, before anything of that size is allocated.
  ///
  /// Neither is asked for a size that is not readable, whose pixels no `Int` may count.
  static func check(
    _ size: ImageSize, leastBytes: @autoclosure () -> Int, memory: @autoclosure () -> Int,
    of file: FileBytes
  ) throws(ImageError) {
    guard size.isReadable else { throw .tooLarge(path: file.path, size: size) }
    let (leastBytes, memory) = (leastBytes(), memory())
    guard file.count >= leastBytes else {
      throw .impossibleSize(
        path: file.path, size: size, expected: leastBytes, found: file.count)
    }
    let most = max(leastMemory, memoryPerByte * file.count)
    guard memory <= most else {
      throw .outOfProportion(path: file.path, size: size, allowed: most, found: memory)
    }
  }

  /// `count` bytes that `fill` writes, all of them unless it throws.
  static func pixels(
    _ count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws -> Void
  ) throws -> [UInt8] {
    try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let start = buffer.baseAddress else { return }
      try unsafe fill(start)
      initialized = count
    }
  }

  /// Lends the bytes of `file` as C expects them.
  static func withPointer<Result>(
    to file: FileBytes, _ body: (UnsafePointer<UInt8>?, Int) throws -> Result
  ) rethrows -> Result {
    try file.withBytes { bytes in
      try unsafe bytes.withUnsafeBytes { buffer in
        try unsafe body(buffer.assumingMemoryBound(to: UInt8.self).baseAddress, buffer.count)
      }
    }
  }
}
