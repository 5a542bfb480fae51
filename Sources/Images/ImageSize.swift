/// The width and height of a picture in pixels.
public struct ImageSize: Sendable, Hashable, Codable {
  /// The largest width or height that is read: that of libjpeg.
  public static let maximumSide = 65_500

  /// The largest number of pixels that is read, 2^28.
  public static let maximumPixels = 1 << 28

  /// The number of columns.
  public let width: Int

  /// The number of rows.
  public let height: Int

  /// A size of `width` columns and `height` rows.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// The number of pixels.
  public var pixelCount: Int { width * height }

  /// Whether a picture of this size is neither empty nor larger than the limits.
  public var isReadable: Bool {
    let sides = 1...Self.maximumSide
    return sides.contains(width) && sides.contains(height) && pixelCount <= Self.maximumPixels
  }
}

extension ImageSize: CustomStringConvertible {
  /// `854x480`: columns first.
  public var description: String { "\(width)x\(height)" }
}
