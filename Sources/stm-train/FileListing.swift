import Cluster
import Files
import Foundation
import Models

/// What a run remembers of the files that its clips are made of: one that goes on must find the same.
///
/// Contents are not compared: an edit that keeps a file's name and size is not noticed.
struct FileListing: Codable, Sendable {
  /// How many files there are.
  let count: Int
  /// Their bytes.
  let bytes: Int
  /// The first half of the SHA-256 (FIPS 180-4) of their names, without folders, and sizes.
  let digest: String

  /// A listing of the files at `paths`, which the first process of `group` makes for all. Throws
  /// `FileError`, or `ClusterError`.
  static func of(_ paths: [String], in group: any ProcessGroup) throws -> FileListing {
    let listing = try group.isFirst ? Array(JSONEncoder().encode(FileListing(paths))) : []
    return try JSONDecoder().decode(FileListing.self, from: Data(group.broadcast(listing)))
  }

  private init(_ paths: [String]) throws {
    var hash = SHA256()
    var bytes = 0
    for path in paths {
      let size = try FilePath.size(of: path)
      hash.update("\(FilePath.name(of: path))\0\(size)\0")
      bytes += size
    }
    (count, self.bytes) = (paths.count, bytes)
    digest = String(hash.finalize().hexadecimal.prefix(32))
  }
}
