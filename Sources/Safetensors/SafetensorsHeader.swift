import Files
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
  init(of file: FileBytes, in range: Range<Int>, limits: ReadingLimits) throws {
    let text = file.withBytes(in: range) { bytes in
      unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
    try self.init(
      text, path: file.path, byteCount: file.count - range.upperBound, limits: limits)
  }

  /// Parses `text`, the header of the file at `path`, and checks it against the `byteCount` bytes
  /// that follow.
  init(_ text: [UInt8], path: String, byteCount: Int, limits: ReadingLimits) throws {
    let json: JSONValue
    do throws(FileError) {
      json = try JSONParser.value(of: text, path: path, part: Self.part, limits: limits)
    } catch {
      guard case .malformedJSON(_, _, let reason) = error else { throw error }
      throw SafetensorsError.malformedHeader(path: path, reason: reason)
    }
    guard let members = json.members else {
      throw SafetensorsError.malformedHeader(
        path: path, reason: "expected an object, found \(json.kind)")
    }
    let tensorCount = members.count { $0.name != Self.metadataKey }
    try limits.check(.tensors, tensorCount, of: Self.part, in: path)
    var metadata: [String: String] = [:]
    var tensors: [(name: String, Description)] = []
    tensors.reserveCapacity(members.count)
    for member in members {
      if member.name == Self.metadataKey {
        metadata = try Self.metadata(member.value, path: path)
      } else {
        tensors.append(
          (
            member.name,
            try Self.description(member.value, name: member.name, path: path, limits: limits)
          ))
      }
    }
    self.metadata = metadata
    self.tensors = tensors.sorted {
      ($0.1.range.lowerBound, $0.1.range.upperBound, $0.name)
        < ($1.1.range.lowerBound, $1.1.range.upperBound, $1.name)
    }
    try checkLayout(path: path, byteCount: byteCount)
  }

  private static let part = "safetensors header"

  private static func metadata(
    _ json: JSONValue, path: String
  ) throws(SafetensorsError) -> [String: String] {
    var metadata: [String: String] = [:]
    guard let members = json.members else {
      throw .malformedHeader(
        path: path, reason: "\(metadataKey): expected an object, found \(json.kind)")
    }
    for member in members {
      guard let text = member.value.string else {
        throw .malformedHeader(
          path: path,
          reason: "\(metadataKey): '\(member.name)': expected a text, found \(member.value.kind)")
      }
      metadata[member.name] = text
    }
    return metadata
  }

  /// What `json` says of the tensor `name`: the three keys, and no other.
  private static func description(
    _ json: JSONValue, name: String, path: String, limits: ReadingLimits
  ) throws -> Description {
    func malformed(_ reason: String) -> SafetensorsError {
      .malformedHeader(path: path, reason: "tensor '\(name)': \(reason)")
    }
    guard let members = json.members else {
      throw malformed("expected an object, found \(json.kind)")
    }
    let keys = ["dtype", "shape", "data_offsets"]
    if let other = members.first(where: { !keys.contains($0.name) }) {
      throw malformed("expected no key but \(keys.joined(separator: ", ")), found '\(other.name)'")
    }
    guard let type = json["dtype"]?.string else { throw malformed("dtype: expected a text") }
    guard let shape = json["shape"]?.integers else {
      throw malformed("shape: expected an array of whole numbers")
    }
    guard let offsets = json["data_offsets"]?.integers else {
      throw malformed("data_offsets: expected an array of whole numbers")
    }
    try limits.check(.rank, shape.count, of: "tensor '\(name)'", in: path)
    return try check(
      Item.TensorItem(dtype: type, shape: shape, offsets: offsets), name: name, path: path)
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
      throw malformed(
        "data_offsets: expected [from, to] with from <= to, found \(tensor.offsets.prefix(8))")
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
}

/// One value of the header's JSON object, to be written.
enum Item: Encodable {
  struct TensorItem: Encodable {
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

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .metadata(let values): try values.encode(to: encoder)
    case .tensor(let tensor): try tensor.encode(to: encoder)
    }
  }
}
