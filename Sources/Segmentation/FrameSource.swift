import Images

/// Where the frames of a clip come from.
protocol FrameSource: Sendable {
  /// The names of the frames without their extensions, in order: those of their masks.
  var names: [String] { get }

  /// The size of every frame.
  var size: ImageSize { get }

  /// The files that hold the frames.
  var paths: [String] { get }

  /// Frame `index` in its own size. Throws when it cannot be read, or is no longer what it was.
  func image(_ index: Int) throws -> RGBImage
}
