import Files

/// The clips in a folder.
///
///     SET/CLIP/frames/...  SET/CLIP/masks/...                        a folder for each clip, or
///     SET/JPEGImages/480p/CLIP/...  SET/Annotations/480p/CLIP/...    the layout of DAVIS, or
///     SET/JPEGImages/CLIP/...       SET/Annotations/CLIP/...         that of YouTube-VOS
///
/// Clips come in the order of their names. Files beside them and hidden folders are left alone.
public struct ClipSet: Sendable {
  /// A clip that may or may not be readable.
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

  /// The folder.
  public let path: String
  /// The clips.
  public let members: [Member]
  /// Whether masks may show objects that no mask before them shows, as those of YouTube-VOS do.
  public let hasLaterObjects: Bool

  /// Lists the clips at `path`. Throws ``ClipError/noClips(path:)``, ``ClipError/oneClip(path:)``,
  /// ``ClipError/missingFolder(path:)`` or `FileError`.
  public init(path: String) throws {
    guard Folder.exists(at: path) else { throw ClipError.missingFolder(path: path) }
    self.path = path
    let frames = "\(path)/frames"
    if Folder.exists(at: frames), !Folder.exists(at: "\(frames)/frames") {
      throw ClipError.oneClip(path: path)
    }
    let pictures = "\(path)/JPEGImages"
    guard Folder.exists(at: pictures) else {
      members = try Self.folders(in: path).map { name in
        Member(name: name, frames: "\(path)/\(name)/frames", masks: "\(path)/\(name)/masks")
      }
      hasLaterObjects = false
      guard !members.isEmpty else { throw ClipError.noClips(path: path) }
      return
    }
    let size = Folder.exists(at: "\(pictures)/480p") ? "/480p" : ""
    hasLaterObjects = size.isEmpty
    members = try Self.folders(in: pictures + size).map { name in
      Member(
        name: name, frames: "\(pictures)\(size)/\(name)",
        masks: "\(path)/Annotations\(size)/\(name)")
    }
    guard !members.isEmpty else { throw ClipError.noClips(path: pictures + size) }
  }

  private static func folders(in path: String) throws(FileError) -> [String] {
    try Folder.names(at: path).filter { name in
      !name.hasPrefix(".") && Folder.exists(at: "\(path)/\(name)")
    }
  }
}
