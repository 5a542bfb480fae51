import Glibc

/// What is there near a path that somebody named by mistake, for hints.
public enum Nearby {
  /// The most files that a hint names.
  static let mostFiles = 8
  /// The most names that are compared with one that is missing.
  private static let mostNames = 10_000

  /// The files in the folder at `path`, hidden ones apart, in the order of their names; none where
  /// they are more than a hint names.
  public static func files(in path: String) -> [String] { files(in: path) { _ in true } }

  /// The files that stand beside the one at `path` and whose names end like its, as files of one
  /// export do, without those at `others`.
  public static func companions(of path: String, but others: [String]) -> [String] {
    guard let end = FilePath.ending(of: path) else { return [] }
    let folder = FilePath.folder(of: path)
    return files(in: folder == "." ? "" : folder) { file in
      FilePath.ending(of: file) == end
        && !([path] + others).contains { FilePath.areSame($0, file) }
    }
  }

  /// The path that is there and differs from `path`, where nothing is, in one part that is called
  /// alike; nil: there is none.
  public static func alike(_ path: String) -> String? {
    let parts = path.split(separator: "/").map(String.init)
    var parent = path.hasPrefix("/") ? "/" : ""
    for (index, part) in parts.enumerated() {
      let next = joined(parent, part)
      guard !FilePath.exists(next) else {
        parent = next
        continue
      }
      let nearest = NameSimilarity.nearest(to: part, among: names(in: parent), count: 3)
      return nearest.map { name in
        parts[(index + 1)...].reduce(joined(parent, name), joined)
      }.first(where: FilePath.exists)
    }
    return nil
  }

  /// `path` with the folder of the user in place of a leading `~`, as a shell writes it; nil: it
  /// has none.
  public static func expanded(_ path: String) -> String? {
    guard path == "~" || path.hasPrefix("~/"), let home = unsafe getenv("HOME") else { return nil }
    return unsafe String(cString: home) + path.dropFirst()
  }

  /// `path`, or where something is there or it is one of `taken` a path like it at which nothing
  /// is: with a number before its ending.
  public static func free(_ path: String, but taken: [String] = []) -> String {
    let end = FilePath.ending(of: path) ?? ""
    let stem = path.dropLast(end.count)
    let others = (2...99).lazy.map { "\(stem)-\($0)\(end)" }
    return ([path] + others).first { path in
      !FilePath.exists(path) && !taken.contains { FilePath.areSame($0, path) }
    } ?? "\(stem)-new\(end)"
  }

  private static func files(in path: String, where fits: (String) -> Bool) -> [String] {
    let files = names(in: path).filter { !$0.hasPrefix(".") }.map { joined(path, $0) }
      .filter { fits($0) && FilePath.isRegularFile($0) }
    return files.count <= mostFiles ? files : []
  }

  private static func joined(_ folder: String, _ name: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  private static func names(in path: String) -> [String] {
    let names = (try? Folder.names(at: path.isEmpty ? "." : path)) ?? []
    return names.count <= mostNames ? names : []
  }
}
