import Files
import Foundation
import Segmentation

/// The objects of a data set's sequences, as the `meta.json` of YouTube-VOS lists them.
///
///     { "videos": { NAME: { "objects": { ID: { "category": NAME, "frames": [NAME, ...] } } } } }
public struct VideoMetadata: Sendable {
  /// An object of a sequence.
  struct Object: Sendable, Decodable {
    /// What it is, as in `person`.
    let category: String?
    /// The names of the frames in which it is or could be, the one in which it is given among them.
    let frames: [String]?
  }

  /// The objects of each sequence by their ids.
  let sequences: [String: [UInt8: Object]]

  /// Reads the file at `path`. Throws `FileError` or ``EvaluationError/metadata(path:reason:)``.
  public init(path: String) throws {
    let contents = try Self.contents(path)
    var sequences: [String: [UInt8: Object]] = [:]
    for (name, video) in contents.videos {
      var objects: [UInt8: Object] = [:]
      for (key, object) in video.objects ?? [:] {
        guard let id = UInt8(key), (1...254).contains(id) else {
          throw EvaluationError.metadata(
            path: path, reason: "sequence '\(name)': expected ids of 1 to 254, found '\(key)'")
        }
        objects[id] = object
      }
      sequences[name] = objects
    }
    self.sequences = sequences
  }

  /// The categories of the training set: those of all objects in the `meta.json` at `path`, or the
  /// names in a text file, one a line.
  ///
  /// Throws `FileError`, ``EvaluationError`` or `ClipError`.
  public static func categories(path: String) throws -> Set<String> {
    guard path.hasSuffix(".json") else { return Set(try NameList(path: path).names) }
    let objects = try contents(path).videos.values.flatMap { ($0.objects ?? [:]).values }
    let categories = Set(objects.compactMap(\.category))
    guard !categories.isEmpty else {
      throw EvaluationError.metadata(path: path, reason: "expected categories, found none")
    }
    return categories
  }

  private struct Contents: Decodable {
    struct Video: Decodable { let objects: [String: Object]? }
    let videos: [String: Video]
  }

  private static func contents(_ path: String) throws -> Contents {
    let file = try FileBytes(path: path)
    let bytes = file.withBytes { span in unsafe span.withUnsafeBytes { unsafe Data($0) } }
    do {
      return try JSONDecoder().decode(Contents.self, from: bytes)
    } catch {
      throw EvaluationError.metadata(
        path: path,
        reason: "expected JSON with videos, their objects, categories and frames, found other "
          + "contents")
    }
  }
}
