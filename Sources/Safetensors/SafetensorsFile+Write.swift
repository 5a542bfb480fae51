import Files
import Foundation
public import Tensors

extension SafetensorsFile {
  /// Writes `archive` to `path`, atomically; the same archive always gives the same bytes.
  ///
  /// Tensors with wider elements come first, so that each starts at a multiple of its element;
  /// among equals the archive's order holds. Before the file takes its place it is read back and
  /// compared bit for bit. Throws `FileError`, ``SafetensorsError/readBack(path:part:reason:)`` or
  /// what reading a tensor throws; whatever was at `path` then stays.
  public static func write(_ archive: TensorArchive, to path: String) throws {
    let entries = sorted(archive)
    let header = try header(of: entries, metadata: archive.metadata)
    try AtomicFile.write(to: path) { file in
      try file.append(header)
      for entry in entries {
        let tensor = try entry.tensor()
        precondition(
          tensor.shape == entry.shape && tensor.elementType == entry.elementType,
          "tensor '\(entry.name)' is not what its entry says")
        try tensor.bytes.withBytes { bytes in try file.append(bytes) }
      }
    } verify: { file in
      try verify(file, holds: archive, after: header, path: path)
    }
  }

  /// How many bytes ``write(_:to:)`` would write, which reads no tensor. Throws what encoding the
  /// header throws.
  public static func byteCount(of archive: TensorArchive) throws -> Int {
    let data = archive.entries.reduce(0) {
      $0 + $1.shape.elementCount * $1.elementType.byteCount
    }
    return try header(of: sorted(archive), metadata: archive.metadata).count + data
  }

  /// The tensors in the order in which they are written.
  private static func sorted(_ archive: TensorArchive) -> [TensorArchive.Entry] {
    [8, 4, 2, 1].flatMap { width in
      archive.entries.filter { $0.elementType.byteCount == width }
    }
  }

  /// The size of the header and its JSON, padded with spaces so that the data starts at a multiple
  /// of 8.
  private static func header(
    of entries: [TensorArchive.Entry], metadata: [String: String]
  ) throws -> [UInt8] {
    var items: [String: Item] = [:]
    if !metadata.isEmpty { items[SafetensorsHeader.metadataKey] = .metadata(metadata) }
    var end = 0
    for entry in entries {
      precondition(entry.name != SafetensorsHeader.metadataKey, "reserved tensor name")
      let start = end
      end += entry.shape.elementCount * entry.elementType.byteCount
      items[entry.name] = .tensor(
        Item.TensorItem(
          dtype: entry.elementType.rawValue, shape: entry.shape.dimensions, offsets: [start, end]))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var bytes = [UInt8](try encoder.encode(items))
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    let count = UInt64(bytes.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + bytes
  }
}
