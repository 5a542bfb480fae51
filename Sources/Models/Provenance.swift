import Crypto
import Files
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

    /// Describes the file at `path` (FIPS 180-4). Throws `FileError`.
    public init(path: String) throws {
      let file = try FileBytes(path: path)
      let digest = file.withBytes { bytes in
        unsafe bytes.withUnsafeBytes { unsafe SHA256.hash(data: $0) }
      }
      name = path.split(separator: "/").last.map(String.init) ?? path
      self.bytes = file.count
      sha256 = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
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
