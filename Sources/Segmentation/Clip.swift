import Files
public import Images
public import Tensors

/// The frames of a video and the masks that go with them, read when asked for.
///
///     CLIP/frames/00000.jpg  00001.jpg  ...     .jpg, .jpeg or .png, in the order of their names
///     CLIP/masks/00000.png   ...                the mask of the frame of the same name
///
/// The first frame must have a mask: it says which objects to follow. Any others are ground truth.
/// An indexed mask holds ids: 0 background, objects from 1, 255 void. A gray mask holds one object,
/// where it is above 127. Files of other kinds and masks without a frame are left alone.
///
/// Built with the trait FFmpeg, a video file may stand in place of the folder of frames; they are
/// called 00000, 00001 and so on. It is decoded once to count them, and again when they are asked
/// for; an earlier frame than before starts it anew.
public struct Clip: Sendable {
  /// The name of the clip's folder.
  public let name: String

  /// The names of the frames without their extensions, in order.
  public var frameNames: [String] { frames.names }

  /// The mask of the first frame after scaling; void pixels are background.
  public let firstMask: ObjectMask

  /// The ids of the objects to follow, in ascending order: those in the first mask. One that it skips
  /// is none of them, or it would count as a perfect mask.
  public let objects: [UInt8]

  /// The colours of the objects: the first mask's own, or `Palette.objects`.
  public let palette: Palette

  /// The size of the frames as they are in their files.
  public var fullSize: ImageSize { frames.size }

  /// The size of the frames after scaling.
  public let size: ImageSize

  private let frames: any FrameSource
  private let maskPaths: [String?]

  /// Opens the clip at `path` and checks every file's size by its header.
  ///
  /// Frames whose longer side exceeds `longEdge` are scaled down to it; those after the first
  /// `maximumFrames` are left out. Throws ``ClipError``, `FileError`, `ImageError` or `VideoError`.
  public init(path: String, longEdge: Int? = nil, maximumFrames: Int? = nil) throws {
    guard Folder.exists(at: path) else {
      throw FilePath.exists(path)
        ? ClipError.notAFolder(path: path) : ClipError.missingFolder(path: path)
    }
    if !FilePath.exists("\(path)/frames"), let found = ClipError.OtherFolder(at: path) {
      throw ClipError.notAClip(path: path, found: found)
    }
    try self.init(
      name: DatasetTree.lastPart(of: path), frames: "\(path)/frames",
      masks: "\(path)/masks", longEdge: longEdge, maximumFrames: maximumFrames)
  }

  /// Opens a clip called `name` whose frames and masks are in two folders of their own.
  ///
  /// Throws as ``init(path:longEdge:maximumFrames:)`` does.
  public init(
    name: String, frames: String, masks: String, longEdge: Int? = nil, maximumFrames: Int? = nil
  ) throws {
    try self.init(
      ClipListing(frames: frames, masks: masks, maximumFrames: maximumFrames), name: name,
      longEdge: longEdge)
  }

  /// Opens a clip called `name` that is a folder of frames and the mask of the first, wherever that
  /// is and whatever it is called.
  ///
  /// Throws as ``init(path:longEdge:maximumFrames:)`` does.
  public init(
    name: String, frames: String, firstMask: String, longEdge: Int? = nil,
    maximumFrames: Int? = nil
  ) throws {
    try self.init(
      ClipListing(frames: frames, firstMask: firstMask, maximumFrames: maximumFrames), name: name,
      longEdge: longEdge)
  }

  private init(_ listing: ClipListing, name: String, longEdge: Int?) throws {
    precondition(longEdge ?? 1 >= 1, "a limit below 1")
    frames = listing.frames
    size = frames.size.scaled(toLongEdge: longEdge)
    let first = try Self.mask(at: listing.firstMaskPath, of: frames.size)
    try first.checkObjects(path: listing.firstMaskPath)
    firstMask = ObjectMask(first.resized(to: size)).withoutVoid
    objects = firstMask.objects
    let lost = ObjectMask(first).objects.filter { [objects] in !objects.contains($0) }
    guard lost.isEmpty else {
      throw ClipError.lostObjects(
        path: listing.firstMaskPath, objects: lost, size: size, fullSize: frames.size)
    }
    palette = first.palette ?? .objects
    self.name = name
    maskPaths = listing.maskPaths
  }

  /// The width of the frames after scaling, in pixels.
  public var width: Int { size.width }

  /// The height of the frames after scaling, in pixels.
  public var height: Int { size.height }

  /// The number of frames.
  public var frameCount: Int { frames.names.count }

  /// Frame `index` as `[1, 3, H, W]`: red, green and blue, each 0 to 1.
  ///
  /// Throws as ``image(_:)`` does.
  public func frame(_ index: Int) throws -> FloatTensor { try picture(index).planes }

  /// Frame `index` as a picture of 8 bits.
  ///
  /// Throws as ``image(_:)`` does.
  public func picture(_ index: Int) throws -> RGBImage { try image(index).resized(to: size) }

  /// Frame `index` as it is in its file.
  ///
  /// Throws `FileError`, `ImageError` or `VideoError`, or ``ClipError`` when the file changed since.
  public func image(_ index: Int) throws -> RGBImage { try frames.image(index) }

  /// The files that the clip is read from: frames, then masks.
  public var files: [String] { frames.paths + maskPaths.compactMap(\.self) }

  /// Whether a frame behind the first has a mask.
  public var hasTruth: Bool { truthFrames.contains { $0 > 0 } }

  /// The frames that have a mask, in order; the first is among them.
  public var truthFrames: [Int] { maskPaths.indices.filter { maskPaths[$0] != nil } }

  /// The mask that belongs to frame `index` with its void pixels, or nil where there is none.
  ///
  /// It may hold others than ``objects``: such that appear later. Throws `FileError` or
  /// `ImageError`, or ``ClipError`` when the file changed since.
  public func truth(_ index: Int) throws -> ObjectMask? {
    try maskPaths[index].map { path in
      ObjectMask(try Self.mask(at: path, of: fullSize).resized(to: size))
    }
  }

  /// The mask that belongs to frame `index` in the size of its file, as ``truth(_:)`` is otherwise.
  public func fullTruth(_ index: Int) throws -> ObjectMask? {
    try maskPaths[index].map { ObjectMask(try Self.mask(at: $0, of: fullSize)) }
  }

  private static func mask(at path: String, of size: ImageSize) throws -> MaskImage {
    let mask = try ImageFile.readMask(path)
    guard mask.size == size else {
      throw ClipError.maskSize(path: path, expected: size, found: mask.size)
    }
    return mask
  }
}

extension MaskImage {
  /// Checks that there is an object.
  ///
  /// A gray mask must reach 255: one that does not may hold ids, and thresholds would lose them.
  fileprivate func checkObjects(path: String) throws(ClipError) {
    let largest = values.lazy.filter { !isIndexed || $0 != ObjectMask.void }.max() ?? 0
    if isIndexed {
      guard largest > 0 else { throw .noObject(path: path, expected: "ids from 1", largest: 0) }
      return
    }
    guard largest == 255 else {
      throw .noObject(path: path, expected: "gray values of 255", largest: largest)
    }
  }
}

extension ImageSize {
  /// The size whose longer side is at most `longEdge`, rounded to even halves as Python does.
  fileprivate func scaled(toLongEdge longEdge: Int?) -> ImageSize {
    guard let longEdge, max(width, height) > longEdge else { return self }
    let scale = Double(longEdge) / Double(max(width, height))
    func side(_ length: Int) -> Int {
      max(Int((Double(length) * scale).rounded(.toNearestOrEven)), 1)
    }
    return ImageSize(width: side(width), height: side(height))
  }
}
