import Files

/// The masks of one sequence or of several.
///
///     ROOT/00000.png ...                     a sequence, or
///     ROOT/masks/00000.png ...               a clip, or
///     ROOT/NAME/00000.png ...                a folder for each sequence, or
///     ROOT/NAME/masks/00000.png ...          for each clip, or
///     ROOT/Annotations/480p/NAME/00000.png   the layout of DAVIS (Full-Resolution where there is no
///                                            480p), or
///     ROOT/Annotations/NAME/00000.png        that of YouTube-VOS
///
/// What is beside them, and hidden folders, are left alone.
public struct MaskFolders {
  /// What was asked for.
  let path: String
  /// The folders of masks by the names of the sequences, in the order of the names.
  let members: [(name: String, path: String)]
  /// Whether the path is that of one sequence, which has no name of its own.
  let isSingle: Bool

  /// The folders of masks.
  public var paths: [String] { members.map(\.path) }

  /// Finds the folders. Throws `FileError` or ``EvaluationError``.
  public init(path: String) throws {
    self.path = path
    if let single = try Self.single(path) {
      members = [(Self.name(of: single), single)]
      isSingle = true
      return
    }
    var root = path
    for folder in ["Annotations", "480p", "Full-Resolution"]
    where Folder.exists(at: "\(root)/\(folder)") {
      root += "/\(folder)"
    }
    members = try Folder.names(at: root).filter { name in
      !name.hasPrefix(".") && Folder.exists(at: "\(root)/\(name)")
    }.map { name in (name, try Self.single("\(root)/\(name)") ?? "\(root)/\(name)") }
    isSingle = false
    guard try members.contains(where: { try !Self.masks(in: $0.path).isEmpty }) else {
      throw EvaluationError.noMasks(path: root)
    }
  }

  /// The folder of masks that `path` is or, as a clip, has.
  private static func single(_ path: String) throws -> String? {
    if try !masks(in: path).isEmpty { return path }
    let masks = "\(path)/masks"
    return try Folder.exists(at: masks) && !Self.masks(in: masks).isEmpty ? masks : nil
  }

  private static func name(of path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let last = parts.last.map(String.init) ?? "masks"
    return last == "masks" && parts.count > 1 ? String(parts[parts.count - 2]) : last
  }

  /// The masks in the folder at `path` in the order of their names, which lack the `.png`.
  static func masks(in path: String) throws(FileError) -> [String] {
    try Folder.names(at: path).compactMap { name in
      name.hasSuffix(".png") && !name.hasPrefix(".") ? String(name.dropLast(4)) : nil
    }
  }
}
