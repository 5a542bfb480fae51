import Files
import Tensors

extension SafetensorsFile {
  /// Checks that `file`, read back, is `header` and the tensors of `archive`, bit for bit.
  ///
  /// The header that was read back is parsed and tells where each tensor lies. Every tensor is asked
  /// of its source a second time, so a source that does not give the same bytes twice is found too.
  /// Throws ``SafetensorsError/readBack(path:part:reason:)``, `FileError` or what reading a tensor
  /// throws; `path` is for messages.
  static func verify(
    _ file: borrowing FileReader, holds archive: TensorArchive, after header: [UInt8], path: String
  ) throws {
    var limits = ReadingLimits()
    for key in [.headerBytes, .values, .tensors, .rank, .nameBytes] as [ReadingLimits.Key] {
      limits[key] = .max
    }
    func failure(_ part: String, _ reason: String) -> SafetensorsError {
      .readBack(path: path, part: part, reason: reason)
    }
    let start = try file.bytes(in: 0..<header.count)
    guard start == header else { throw failure("the header", "expected what was written") }
    let found = try SafetensorsHeader(
      Array(start.dropFirst(8)), path: path, byteCount: try file.count - header.count,
      limits: limits)
    guard found.tensors.count == archive.entries.count else {
      throw failure(
        "the header",
        "expected \(archive.entries.count) tensors, found \(found.tensors.count)")
    }
    for (name, description) in found.tensors {
      guard let tensor = try archive[name]?.tensor(),
        tensor.elementType == description.elementType, tensor.shape == description.shape
      else { throw failure("tensor '\(name)'", "expected the type and shape of its source") }
      let offset = header.count + description.range.lowerBound
      if let index = try tensor.bytes.withBytes({ bytes in
        try file.firstDifference(from: bytes, at: offset)
      }) {
        throw failure(
          "tensor '\(name)'",
          "expected the bytes of its source, found others from byte \(index) on")
      }
    }
  }
}
