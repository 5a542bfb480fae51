import Files
import Foundation
import Safetensors
import Tensors

/// What a confined process found in a file, as safetensors.
///
/// A tensor is called by its number in the order of the file; the paths and the attributes are JSON
/// in the metadata.
enum HDF5Answer {
  private struct Description: Codable {
    let paths: [String]
    let attributes: [String: [String: [String]]]
  }

  private static let key = "contents"

  /// Appends `contents` to a file. Throws what reading a dataset throws, or `FileError`.
  static func write(_ contents: HDF5Contents, to file: FileWriter) throws {
    let description = Description(paths: contents.paths, attributes: contents.attributes)
    let entries = contents.archive.entries.enumerated().map { $1.renamed("\($0)") }
    let archive = try TensorArchive(
      entries,
      metadata: [
        key: String(decoding: try JSONEncoder().encode(description), as: UTF8.self)
      ])
    try SafetensorsFile.append(archive, to: file)
  }

  /// What `file` holds; its tensors are parts of it.
  ///
  /// Throws `SafetensorsError`, `TensorError` or ``HDF5Error``.
  static func read(_ file: FileBytes) throws -> HDF5Contents {
    let archive = try SafetensorsFile.read(file)
    guard
      let description = archive.metadata[key].flatMap({ text in
        try? JSONDecoder().decode(Description.self, from: Data(text.utf8))
      }), description.paths.count == archive.entries.count
    else { throw damaged(file) }
    let entries = try description.paths.enumerated().map { number, path in
      guard let entry = archive["\(number)"] else { throw damaged(file) }
      return entry.renamed(HDF5File.name(ofObject: path))
    }
    return HDF5Contents(
      archive: try TensorArchive(entries), paths: description.paths,
      attributes: description.attributes)
  }

  private static func damaged(_ file: FileBytes) -> HDF5Error {
    .malformed(
      path: file.path, object: "/", reason: "the process that read it gave no whole answer")
  }
}

/// Why a confined process refused a file.
enum HDF5Refusal: Codable {
  case format(HDF5Error)
  case tensor(TensorError)
  case other(path: String, reason: String)

  /// The refusal of the file at `path` with `error`.
  init(_ error: any Error, path: String) {
    self =
      switch error {
      case let error as HDF5Error: .format(error)
      case let error as TensorError: .tensor(error)
      default: .other(path: path, reason: "\(error)")
      }
  }

  /// The error to throw in the process that asked.
  var error: any Error {
    switch self {
    case .format(let error): error
    case .tensor(let error): error
    case .other(let path, let reason): HDF5Error.malformed(path: path, object: "/", reason: reason)
    }
  }

  /// What `file` holds. Throws ``HDF5Error`` where it is something else.
  static func read(_ file: FileBytes) throws -> HDF5Refusal {
    let text = file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Data($0) } }
    return (try? JSONDecoder().decode(HDF5Refusal.self, from: text))
      ?? .other(path: file.path, reason: "the process that read it gave no reason")
  }
}
