public import Tensors
import ZipFiles

extension NumpyFile {
  /// Writes `archive` as an .npz archive of stored arrays, atomically; the same archive always gives
  /// the same bytes.
  ///
  /// Throws ``NumpyError/unwritable(path:array:found:)`` for elements in bfloat16, which NumPy does
  /// not have, `ZipError.tooLarge`, `FileError` or what reading a tensor throws.
  public static func write(_ archive: TensorArchive, to path: String) throws {
    let members = try archive.entries.map { entry in
      let header = try NumpyHeader.bytes(of: entry, path: path)
      return (
        name: entry.name + suffix,
        contents: {
          try entry.tensor().bytes.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe header + [UInt8]($0) }
          }
        }
      )
    }
    try ZipArchive.write(members, to: path)
  }
}

extension NumpyHeader {
  /// What stands before the elements of `entry`: version 1.0, padded to a multiple of 64 bytes.
  fileprivate static func bytes(
    of entry: TensorArchive.Entry, path: String
  ) throws(NumpyError) -> [UInt8] {
    guard let type = types.first(where: { $0.value == entry.elementType })?.key else {
      throw .unwritable(path: path, array: entry.name, found: entry.elementType.rawValue)
    }
    let order = entry.elementType.byteCount == 1 ? "|" : "<"
    let extents = entry.shape.dimensions.map(String.init)
    let shape = extents.joined(separator: ", ") + (extents.count == 1 ? "," : "")
    let dictionary =
      "{'descr': '\(order)\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    let end = 10 + dictionary.utf8.count + 1
    let padding = (64 - end % 64) % 64
    let text = Array((dictionary + String(repeating: " ", count: padding) + "\n").utf8)
    return magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
  }
}
