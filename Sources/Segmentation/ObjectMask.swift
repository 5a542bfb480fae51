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
}
