import Files

/// Clips with frames in a folder, or those of them that were asked for.
public struct ClipSet: Sendable {
  /// A clip that may or may not be readable.
  public typealias Member = DatasetTree.Member

  /// The folder.
  public let path: String
  /// The clips.
  public let members: [Member]
  /// Whether masks may show objects that no mask before them shows, as those of YouTube-VOS do.
  public let hasLaterObjects: Bool

  /// Lists the clips at `path`, laid out as a ``DatasetTree``: all in the order of their names, or
  /// those called `names`, in their order.
  ///
  /// Throws ``ClipError/noClips(path:)``, ``ClipError/oneClip(path:)``,
  /// ``ClipError/missingFolder(path:)``, ``ClipError/unknownClips(path:names:nearest:)`` or
  /// `FileError`.
  public init(path: String, names: [String]? = nil) throws {
    guard Folder.exists(at: path) else { throw ClipError.missingFolder(path: path) }
    if let clip = DatasetTree.clip(at: path), Folder.exists(at: clip.frames) {
      throw ClipError.oneClip(path: path)
    }
    let tree = try DatasetTree(path: path)
    guard !tree.withFrames.isEmpty else { throw ClipError.noClips(path: tree.framesRoot) }
    self.path = path
    members = try names.map { try tree.withFrames.named($0, path: path) } ?? tree.withFrames
    hasLaterObjects = tree.hasLaterObjects
  }
}

extension [DatasetTree.Member] {
  /// The members called `names`, in their order. Throws ``ClipError`` with all that there are not.
  fileprivate func named(_ names: [String], path: String) throws(ClipError) -> [Element] {
    let known = Dictionary(uniqueKeysWithValues: map { ($0.name, $0) })
    let unknown = names.filter { known[$0] == nil }
    guard unknown.isEmpty else {
      let candidates = map(\.name)
      throw .unknownClips(
        path: path, names: unknown,
        nearest: unknown.map { NameSimilarity.nearest(to: $0, among: candidates, count: 3) })
    }
    return names.compactMap { known[$0] }
  }
}
