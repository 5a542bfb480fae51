/// What downloads leave in place of a file, told by how it begins.
public enum StandIn: String, Sendable, Hashable, Codable {
  /// The text that stands for a file in a repository with Git LFS.
  case gitLFS = "a Git LFS pointer to it"
  /// What a server answers to a browser: a login, a warning or an error.
  case webPage = "a web page"

  /// The most bytes that are looked at.
  private static let mostBytes = 256

  /// What `file` is instead of what it should be; nil: it is neither.
  init?(_ file: FileBytes) {
    let start = file.withBytes(in: 0..<min(file.count, Self.mostBytes)) { bytes in
      unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
    let text = start.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
    if text.hasPrefix("version https://git-lfs.github.com/spec/") {
      self = .gitLFS
    } else if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      self = .webPage
    } else {
      return nil
    }
  }

  /// What a person can do about it.
  var hint: String {
    switch self {
    case .gitLFS: "let Git LFS fetch it, in the folder of its repository: git lfs pull"
    case .webPage:
      "open it in a browser to see what the server answered, and download the file anew"
    }
  }
}
