public import Images
import Segmentation
import Tensors

/// A picture of a video.
///
/// Bytes are read where they lie, once, and turned into the real numbers that the network computes
/// with; no other copy is made.
public struct STMFrame: Sendable {
  /// How the bytes of a pixel follow one another.
  public enum PixelOrder: Sendable, Hashable, CaseIterable {
    /// Red, green, blue.
    case rgb
    /// Blue, green, red, as in OpenCV.
    case bgr
    /// Red, green, blue, and a byte that is not looked at.
    case rgba
    /// Blue, green, red, and a byte that is not looked at, as in Core Video's `32BGRA`.
    case bgra
    /// A byte that is not looked at, red, green, blue.
    case argb

    /// The bytes of a pixel.
    var stride: Int { self == .rgb || self == .bgr ? 3 : 4 }

    /// Where red, green and blue are in it.
    var offsets: [Int] {
      switch self {
      case .rgb, .rgba: [0, 1, 2]
      case .bgr, .bgra: [2, 1, 0]
      case .argb: [1, 2, 3]
      }
    }
  }

  /// The width and height in pixels.
  public let size: ImageSize
  /// `[1, 3, H, W]`: red, green and blue, each 0 to 1.
  let planes: FloatTensor

  /// A picture of pixels of interleaved bytes, rows from the top; a row takes `bytesPerRow` bytes,
  /// nil: no more than its pixels. Alpha is ignored.
  ///
  /// Throws ``STMError/impossibleSize(noun:width:height:)`` or
  /// ``STMError/tooFewBytes(noun:expected:found:)``.
  public init(
    interleaved bytes: Span<UInt8>, width: Int, height: Int, order: PixelOrder = .rgb,
    bytesPerRow: Int? = nil
  ) throws(STMError) {
    size = try Self.checked(width, height)
    let row = bytesPerRow ?? width * order.stride
    try Self.check(bytes, "frame", row: row, width * order.stride, height)
    var planes = FloatTensor(zeros: [1, 3, height, width])
    for (channel, offset) in order.offsets.enumerated() {
      Self.fill(&planes, channel, size, from: bytes, first: offset, step: order.stride, row: row)
    }
    self.planes = planes
  }

  /// A picture of three planes of bytes, rows from the top; a row of each takes `bytesPerRow` bytes,
  /// nil: as many as it has pixels.
  ///
  /// Throws ``STMError/impossibleSize(noun:width:height:)`` or
  /// ``STMError/tooFewBytes(noun:expected:found:)``.
  public init(
    red: Span<UInt8>, green: Span<UInt8>, blue: Span<UInt8>, width: Int, height: Int,
    bytesPerRow: Int? = nil
  ) throws(STMError) {
    size = try Self.checked(width, height)
    let row = bytesPerRow ?? width
    try Self.check(red, "red plane", row: row, width, height)
    try Self.check(green, "green plane", row: row, width, height)
    try Self.check(blue, "blue plane", row: row, width, height)
    var planes = FloatTensor(zeros: [1, 3, height, width])
    Self.fill(&planes, 0, size, from: red, first: 0, step: 1, row: row)
    Self.fill(&planes, 1, size, from: green, first: 0, step: 1, row: row)
    Self.fill(&planes, 2, size, from: blue, first: 0, step: 1, row: row)
    self.planes = planes
  }

  /// The picture in the JPEG or PNG file at `path`. Throws `FileError` or `ImageError`.
  public init(contentsOf path: String) throws { self.init(try ImageFile.readRGB(path)) }

  /// The picture `image`.
  public init(_ image: RGBImage) {
    size = image.size
    planes = image.planes
  }

  private static func checked(_ width: Int, _ height: Int) throws(STMError) -> ImageSize {
    let size = ImageSize(width: width, height: height)
    guard size.isReadable else {
      throw .impossibleSize(noun: "frame", width: width, height: height)
    }
    return size
  }

  private static func check(
    _ bytes: Span<UInt8>, _ noun: String, row: Int, _ used: Int, _ height: Int
  ) throws(STMError) {
    guard row >= used else {
      throw .tooFewBytes(noun: "\(noun): row", expected: used, found: row)
    }
    let (whole, overflow) = row.multipliedReportingOverflow(by: height - 1)
    let (expected, overflows) = whole.addingReportingOverflow(used)
    guard !overflow, !overflows, bytes.count >= expected else {
      throw .tooFewBytes(
        noun: noun, expected: overflow || overflows ? .max : expected, found: bytes.count)
    }
  }

  private static func fill(
    _ planes: inout FloatTensor, _ channel: Int, _ size: ImageSize, from bytes: Span<UInt8>,
    first: Int, step: Int, row: Int
  ) {
    let levels = (0..<256).map { Float($0) / 255 }
    var target = planes.values.mutableSpan
    for y in 0..<size.height {
      let start = (channel * size.height + y) * size.width
      for x in 0..<size.width {
        target[start + x] = levels[Int(bytes[y * row + x * step + first])]
      }
    }
  }
}
