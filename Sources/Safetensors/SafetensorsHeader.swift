import Files
import Foundation
import Tensors

/// The JSON header of a safetensors file, checked against the size of what follows it.
struct SafetensorsHeader {
  /// What the header says of one tensor; `range` counts from the end of the header.
  struct Description {
    let elementType: ElementType
    let shape: Shape
    let range: Range<Int>
  }

  /// The tensors in the order of their bytes.
  let tensors: [(name: String, Description)]

  /// The contents of `__metadata__`.
  let metadata: [String: String]

  /// The key that the format reserves for metadata.
  static let metadataKey = "__metadata__"

  /// Parses the header in `range` of `file` and checks it against the file's size.
  init(of file: FileBytes, in range: Range<Int>) throws {
    let text = file.withBytes(in: range) { bytes in
      unsafe bytes.withUnsafeBytes { unsafe Data($0) }
    }
    try self.init(text, path: file.path, byteCount: file.count - range.upperBound)
  }

  /// Parses `text`, the header of the file at `path`, and checks it against the `byteCount` bytes
  /// that follow.
  init(_ text: Data, path: String, byteCount: Int) throws {
    let items: [String: Item]
    do {
      items = try JSONDecoder().decode([String: Item].self, from: text)
    } catch let error as DecodingError {
      throw SafetensorsError.malformedHeader(path: path, reason: Self.explain(error))
    }
    var metadata: [String: String] = [:]
    var tensors: [(name: String, Description)] = []
    for (name, item) in items {
      switch item {
      case .metadata(let values) where name == Self.metadataKey: metadata = values
      case .tensor(let tensor) where name != Self.metadataKey:
        tensors.append((name, try Self.check(tensor, name: name, path: path)))
      default:
        throw SafetensorsError.malformedTensor(
          path: path, tensor: name, reason: "expected dtype, shape and data_offsets")
      }
    }
    self.metadata = metadata
    self.tensors = tensors.sorted {
      ($0.1.range.lowerBound, $0.1.range.upperBound, $0.name)
        < ($1.1.range.lowerBound, $1.1.range.upperBound, $1.name)
    }
    try checkLayout(path: path, byteCount: byteCount)
  }

  private static func check(
    _ tensor: Item.TensorItem, name: String, path: String
  ) throws -> Description {
    func malformed(_ reason: String) -> SafetensorsError {
      .malformedTensor(path: path, tensor: name, reason: reason)
    }
    guard let elementType = ElementType(rawValue: tensor.dtype) else {
      let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw malformed("dtype: expected one of \(known), found '\(tensor.dtype)'")
    }
    guard let shape = try? Shape(checking: tensor.shape) else {
      throw malformed("shape \(tensor.shape): expected dimensions whose product fits in memory")
    }
    guard tensor.offsets.count == 2, tensor.offsets[0] >= 0, tensor.offsets[0] <= tensor.offsets[1]
    else {
      throw malformed("data_offsets: expected [from, to] with from <= to, found \(tensor.offsets)")
    }
    let expected = shape.elementCount * elementType.byteCount
    let found = tensor.offsets[1] - tensor.offsets[0]
    guard found == expected else {
      throw malformed(
        "\(elementType.rawValue) \(shape): expected \(expected) bytes, found \(found)")
    }
    return Description(
      elementType: elementType, shape: shape, range: tensor.offsets[0]..<tensor.offsets[1])
  }

  private func checkLayout(path: String, byteCount: Int) throws(SafetensorsError) {
    var end = 0
    for (name, tensor) in tensors {
      guard tensor.range.lowerBound == end else {
        throw .layout(
          path: path,
          reason: "tensor '\(name)': expected to start at byte \(end), "
            + "found \(tensor.range.lowerBound)")
      }
      end = tensor.range.upperBound
    }
    guard end == byteCount else {
      throw .layout(
        path: path, reason: "expected \(end) bytes after the header, found \(byteCount)")
    }
  }

  private static func explain(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "expected the key '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.debugDescription
    @unknown default: "expected a JSON object"
    }
  }
}

/// One value of the header's JSON object.
enum Item: Codable {
  struct TensorItem: Codable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  case metadata([String: String])
  case tensor(TensorItem)

  init(from decoder: any Decoder) throws {
    if decoder.codingPath.last?.stringValue == SafetensorsHeader.metadataKey {
      self = .metadata(try [String: String](from: decoder))
    } else {
      self = .tensor(try TensorItem(from: decoder))
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .metadata(let values): try values.encode(to: encoder)
    case .tensor(let tensor): try tensor.encode(to: encoder)
    }
  }
}
