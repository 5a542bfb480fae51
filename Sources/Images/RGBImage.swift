/// A colour picture: 8 bits each of red, green and blue.
public struct RGBImage: Sendable, Equatable {
  /// The number of columns and rows.
  public let size: ImageSize

  /// `R G B R G B ...`, row by row from the top left, without padding.
  public let bytes: [UInt8]

  /// A picture of `bytes`, three for each pixel.
  public init(size: ImageSize, bytes: [UInt8]) {
    precondition(bytes.count == 3 * size.pixelCount, "\(bytes.count) bytes for \(size)")
    self.size = size
    self.bytes = bytes
  }

  /// The number of columns.
  public var width: Int { size.width }

  /// The number of rows.
  public var height: Int { size.height }
}
