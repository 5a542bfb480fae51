public import Images

/// Which object each pixel of a frame belongs to.
public struct ObjectMask: Sendable, Equatable {
  /// The id of pixels that the annotator left undecided; they count neither for nor against.
  public static let void: UInt8 = 255

  /// The number of columns.
  public let width: Int

  /// The number of rows.
  public let height: Int

  /// One id a pixel, row by row: 0 is the background, objects count from 1, 255 is ``void``.
  public let ids: [UInt8]

  /// A mask of `ids`, one for each pixel.
  public init(width: Int, height: Int, ids: [UInt8]) {
    precondition(ids.count == width * height, "\(ids.count) ids for \(width)x\(height)")
    self.width = width
    self.height = height
    self.ids = ids
  }

  /// What the values of gray masks mean.
  public enum GrayValues: Sendable {
    /// One object, 1, where they are above 127.
    case object
    /// Ids as they are.
    case ids
  }

  /// The ids of `image`: an indexed mask's own, or what the values of a gray one mean.
  public init(_ image: MaskImage, gray: GrayValues = .object) {
    self.init(
      width: image.width, height: image.height,
      ids: image.isIndexed || gray == .ids
        ? image.values : image.values.map { $0 > 127 ? 1 : 0 })
  }

  /// The ids of the indexed or gray PNG at `path`. Throws `FileError` or `ImageError`.
  public init(contentsOf path: String, gray: GrayValues = .object) throws {
    self.init(try ImageFile.readMask(path), gray: gray)
  }

  /// The size of the mask.
  public var size: ImageSize { ImageSize(width: width, height: height) }

  /// The objects that have a pixel, in ascending order; void is none.
  public var objects: [UInt8] {
    var isThere = [Bool](repeating: false, count: 256)
    for id in ids { isThere[Int(id)] = true }
    return (1..<Self.void).filter { isThere[Int($0)] }
  }

  /// The mask whose void pixels are background.
  public var withoutVoid: ObjectMask {
    ObjectMask(width: width, height: height, ids: ids.map { $0 == Self.void ? 0 : $0 })
  }
}
