/// A colour picture with opacity: 8 bits each of red, green, blue and alpha.
public struct RGBAImage: Sendable, Equatable {
  /// The number of columns and rows.
  public let size: ImageSize

  /// `R G B A R G B A ...`, row by row from the top left, without padding. Colours are as they are in
  /// the file, not multiplied by their opacity; alpha 255 is opaque.
  public let bytes: [UInt8]

  /// A picture of `bytes`, four for each pixel.
  public init(size: ImageSize, bytes: [UInt8]) {
    precondition(bytes.count == 4 * size.pixelCount, "\(bytes.count) bytes for \(size)")
    self.size = size
    self.bytes = bytes
  }

  /// The number of columns.
  public var width: Int { size.width }

  /// The number of rows.
  public var height: Int { size.height }
}
