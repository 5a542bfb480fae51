public import Files
import Foundation

/// Where weights came from: the files, by content, and what was done to them.
public struct Provenance: Sendable, Hashable, Codable {
  /// One file that went in.
  public struct Source: Sendable, Hashable, Codable {
    /// The last component of its path.
    public let name: String
    /// Its size in bytes.
    public let bytes: Int
    /// The SHA-256 of its contents, in hexadecimal.
    public let sha256: String

    /// Describes the file at `path`. Throws `FileError`.
    public init(path: String) throws { self.init(try FileBytes(path: path)) }

    /// Describes `file` (FIPS 180-4), a mebibyte in memory at a time.
    public init(_ file: FileBytes) {
      var hash = SHA256()
      for start in stride(from: 0, to: file.count, by: 1 << 20) {
        file.withBytes(in: start..<min(start + 1 << 20, file.count)) { hash.update($0) }
      }
      name = file.path.split(separator: "/").last.map(String.init) ?? file.path
      self.bytes = file.count
      sha256 = hash.finalize().hexadecimal
    }
  }

  /// The files, in the order in which the command named them.
  public let sources: [Source]
  /// The command's settings that decided the result, by name.
  public let settings: [String: String]

  /// A provenance.
  public init(sources: [Source], settings: [String: String]) {
    self.sources = sources
    self.settings = settings
  }
}
