import Files
import Tensors

/// What a confined process found in a file, in JSON.
///
/// The elements of a dataset stand in the file as they are, or among those that the process unpacked,
/// one dataset behind another.
struct HDF5Answer: Codable {
  /// A dataset.
  struct Entry: Codable {
    let path: String
    let elementType: ElementType
    let dimensions: [Int]
    /// Whether the elements are in the HDF5 file itself.
    let isInPlace: Bool
    /// Where they start.
    let start: Int
  }

  let entries: [Entry]
  let attributes: [String: [String: [String]]]

  /// An answer for `datasets` that were found, beside the texts of the file's groups.
  init(_ datasets: ArraySlice<HDF5Walk.Found>, _ attributes: [String: [String: [String]]]) {
    var end = 0
    entries = datasets.map { found in
      let dataset = found.dataset
      let start = dataset.place?.lowerBound ?? end
      if dataset.place == nil { end += dataset.byteCount }
      return Entry(
        path: found.path, elementType: dataset.elementType, dimensions: dataset.shape.dimensions,
        isInPlace: dataset.place != nil, start: start)
    }
    self.attributes = attributes
  }

  /// What the answer says is in `source`, with `elements` that are not there as they are.
  ///
  /// Throws ``HDF5Error``, or `TensorError` where two datasets have one name.
  func contents(of source: HDF5Source, elements: TensorBytes) throws -> HDF5Contents {
    let entries = try entries.map { entry in
      let bytes = entry.isInPlace ? source.bytes : elements
      guard let shape = try? Shape(checking: entry.dimensions),
        case let count = shape.elementCount * entry.elementType.byteCount,
        entry.start >= 0, count <= bytes.count, entry.start <= bytes.count - count
      else {
        throw HDF5Error.malformed(
          path: source.path, object: entry.path,
          reason: "the process that read it gave no whole answer")
      }
      let tensor = try Tensor(
        elementType: entry.elementType, shape: shape,
        bytes: bytes.part(entry.start..<entry.start + count))
      return TensorArchive.Entry(
        name: HDF5File.name(ofObject: entry.path), tensor: tensor, source: source.path)
    }
    return HDF5Contents(
      archive: try TensorArchive(entries), paths: self.entries.map(\.path), attributes: attributes)
  }
}

extension Decodable {
  /// The values in an answer for each dataset that it may have: its own and the dimensions.
  private static var valuesOfDataset: Int { 16 }

  /// Reads `text`, which a confined process wrote about the file at `path` that `limits` hold for.
  ///
  /// Names and texts are checked before they are decoded, which hashes them. Throws `FileError` or
  /// `DecodingError`.
  init(answer text: [UInt8], path: String, limits: ReadingLimits) throws {
    var limits = limits
    limits.headerBytes = .max
    limits.depth = ReadingLimits.standard.depth
    limits.values = max(
      limits.values, min(limits.tensors, .max / Self.valuesOfDataset) * Self.valuesOfDataset)
    try self.init(checking: text, path: path, part: "answer", limits: limits)
  }
}

/// Why a confined process refused a file.
enum HDF5Refusal: Codable {
  case format(HDF5Error)
  case tensor(TensorError)
  case file(FileError)
  case other(path: String, reason: String)

  /// The refusal of the file at `path` with `error`.
  init(_ error: any Error, path: String) {
    self =
      switch error {
      case let error as HDF5Error: .format(error)
      case let error as TensorError: .tensor(error)
      case let error as FileError: .file(error)
      default: .other(path: path, reason: "\(error)")
      }
  }

  /// The error to throw in the process that asked.
  var error: any Error {
    switch self {
    case .format(let error): error
    case .tensor(let error): error
    case .file(let error): error
    case .other(let path, let reason): HDF5Error.malformed(path: path, object: "/", reason: reason)
    }
  }
}
