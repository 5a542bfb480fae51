public import Files

/// Where the frames and masks of the clips in a folder are, whichever of these layouts it has.
///
///     ROOT/NAME/frames/...           ROOT/NAME/masks/...            a folder for each clip, or
///     ROOT/NAME/...                                                 for its masks alone, or
///     ROOT/JPEGImages/480p/NAME/...  ROOT/Annotations/480p/NAME/... the tree of DAVIS, or
///     ROOT/JPEGImages/NAME/...       ROOT/Annotations/NAME/...      that of YouTube-VOS
///
/// Of `480p` and `Full-Resolution`, sizes of DAVIS, the first counts that frames and masks are there
/// in. Clips come in the order of their names. Files beside them and hidden folders are left alone.
public struct DatasetTree: Sendable {
  /// A clip, none of whose files was looked at.
  public struct Member: Sendable, Hashable {
    /// Its name, which is that of its folder.
    public let name: String
    /// The folder of its frames.
    public let frames: String
    /// The folder of its masks.
    public let masks: String

    /// Opens the clip. Throws what `Clip` throws.
    public func open(longEdge: Int? = nil, maximumFrames: Int? = nil) throws -> Clip {
      try Clip(
        name: name, frames: frames, masks: masks, longEdge: longEdge,
        maximumFrames: maximumFrames)
    }
  }

  /// The folder with the folders of the clips' frames.
  public let framesRoot: String
  /// The folder with the folders of the clips' masks.
  public let masksRoot: String
  /// The clips that have a folder where frames belong.
  public let withFrames: [Member]
  /// The clips that have a folder where masks belong.
  public let withMasks: [Member]
  /// Whether masks may show objects that no mask before them shows, as those of YouTube-VOS do.
  public let hasLaterObjects: Bool

  /// Lists the clips at `path`. Throws `FileError`.
  public init(path: String) throws(FileError) {
    let (pictures, annotations) = ("\(path)/JPEGImages", "\(path)/Annotations")
    let sides = [pictures, annotations].filter(Folder.exists)
    guard !sides.isEmpty else {
      let root = Self.sized(path, as: [path])
      (framesRoot, masksRoot, hasLaterObjects) = (root, root, false)
      withFrames = try Self.folders(in: root).map { Self.member($0, in: root) }
      withMasks = withFrames
      return
    }
    let frames = Self.sized(pictures, as: sides)
    let masks = Self.sized(annotations, as: sides)
    func members(_ root: String) throws(FileError) -> [Member] {
      guard Folder.exists(at: root) else { return [] }
      return try Self.folders(in: root).map { name in
        Member(name: name, frames: "\(frames)/\(name)", masks: "\(masks)/\(name)")
      }
    }
    (framesRoot, masksRoot) = (frames, masks)
    (withFrames, withMasks) = (try members(frames), try members(masks))
    hasLaterObjects = frames == pictures && masks == annotations
  }

  /// The clip that the folder at `path` is, with a folder of frames or of masks in it; nil: it is
  /// none. A folder of clips may hold one that is called `frames` or `masks`.
  public static func clip(at path: String) -> Member? {
    let (frames, masks) = ("\(path)/frames", "\(path)/masks")
    let isClip =
      Folder.exists(at: frames) && !Folder.exists(at: "\(frames)/frames")
      || Folder.exists(at: masks) && !Folder.exists(at: "\(masks)/masks")
    guard isClip else { return nil }
    return Member(name: lastPart(of: path), frames: frames, masks: masks)
  }

  /// The clip whose frames or masks are in the folder at `path`; nil: they are of none.
  static func clip(of path: String) -> String? {
    let above = FilePath.parent(of: path)
    guard ["frames", "masks"].contains(lastPart(of: path)),
      let clip = clip(at: above), Folder.exists(at: clip.frames)
    else { return nil }
    return above
  }

  /// The last part of `path` that says something.
  static func lastPart(of path: String) -> String {
    path.split(separator: "/").last { $0 != "." }.map(String.init) ?? path
  }

  /// The clip in the folder `name` of `root`, which may be one of nothing but masks.
  private static func member(_ name: String, in root: String) -> Member {
    clip(at: "\(root)/\(name)")
      ?? Member(name: name, frames: "\(root)/\(name)/frames", masks: "\(root)/\(name)")
  }

  /// The folder of one size in the folder `side`: of that which all `sides` have, or else it alone.
  private static func sized(_ side: String, as sides: [String]) -> String {
    let sizes = ["480p", "Full-Resolution"].filter { Folder.exists(at: "\(side)/\($0)") }
    let common = sizes.first { size in sides.allSatisfy { Folder.exists(at: "\($0)/\(size)") } }
    return (common ?? sizes.first).map { "\(side)/\($0)" } ?? side
  }

  private static func folders(in path: String) throws(FileError) -> [String] {
    try Folder.visibleNames(at: path).filter { Folder.exists(at: "\(path)/\($0)") }
  }
}
