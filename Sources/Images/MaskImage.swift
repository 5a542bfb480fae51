/// A picture of one number a pixel: an object's id, or a gray value.
public struct MaskImage: Sendable, Equatable {
  /// The number of columns and rows.
  public let size: ImageSize

  /// One number a pixel, row by row from the top left, without padding.
  public let values: [UInt8]

  /// The colours that stand for the numbers, or nil for a gray picture.
  public let palette: Palette?

  /// A picture of `values`, one for each pixel.
  public init(size: ImageSize, values: [UInt8], palette: Palette?) {
    precondition(values.count == size.pixelCount, "\(values.count) values for \(size)")
    self.size = size
    self.values = values
    self.palette = palette
  }

  /// The number of columns.
  public var width: Int { size.width }

  /// The number of rows.
  public var height: Int { size.height }

  /// Whether the numbers are palette indices rather than gray values.
  public var isIndexed: Bool { palette != nil }
}
