import Files
import Segmentation

/// The masks of one sequence or of several.
///
///     ROOT/00000.png ...          one sequence, or
///     ROOT/masks/00000.png ...    one clip, or
///     ROOT/...                    several, laid out as a `DatasetTree`
public struct MaskFolders {
  /// What was asked for.
  let path: String
  /// The folders of masks by the names of the sequences, in the order of the names.
  let members: [(name: String, path: String)]
  /// Whether the path is that of one sequence, which has no name of its own.
  let isSingle: Bool

  /// The folders of masks.
  public var paths: [String] { members.map(\.path) }

  /// Finds the folders. Throws `FileError`, `ClipError` or ``EvaluationError``.
  public init(path: String) throws {
    self.path = path
    let single = try Self.hasMasks(path) ? path : DatasetTree.clip(at: path)?.masks
    if let masks = single, try Self.hasMasks(masks) {
      members = [(Self.name(of: masks), masks)]
      isSingle = true
      return
    }
    let tree = try DatasetTree(path: path)
    members = tree.withMasks.map { ($0.name, $0.masks) }
    isSingle = false
    guard try members.contains(where: { try Self.hasMasks($0.path) }) else {
      throw EvaluationError.noMasks(path: tree.masksRoot)
    }
  }

  private static func hasMasks(_ path: String) throws -> Bool {
    try Folder.exists(at: path) && !PictureName.masks(in: path).isEmpty
  }

  private static func name(of path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let last = parts.last.map(String.init) ?? "masks"
    return last == "masks" && parts.count > 1 ? String(parts[parts.count - 2]) : last
  }
}
