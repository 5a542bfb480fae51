public import Files
public import Tensors

/// Reads and writes the safetensors format, the suite's own model file.
///
///     8 bytes   N, the size of the header, little-endian
///     N bytes   JSON: {"__metadata__": {text: text},
///                      name: {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [from, to]}}
///     the rest  the tensors' bytes, row-major, little-endian, without holes
///
/// The header may end in spaces. Offsets count from the end of the header.
public enum SafetensorsFile {
  /// The largest header that is accepted, in bytes: the limit of the format's own implementation.
  public static let maximumHeaderBytes = 100_000_000

  /// Opens the file at `path`; tensors are read from the mapping when they are asked for.
  ///
  /// The header's JSON is read strictly: each name once, no other keys. Throws `FileError`,
  /// ``SafetensorsError`` or `TensorError`.
  public static func read(
    _ path: String, limits: ReadingLimits = .standard
  ) throws -> TensorArchive {
    let file = try FileBytes(path: path)
    let headerEnd = try headerRange(of: file).upperBound
    let header = try SafetensorsHeader(of: file, in: 8..<headerEnd, limits: limits)
    let entries = try header.tensors.map { name, described -> TensorArchive.Entry in
      let range = headerEnd + described.range.lowerBound..<headerEnd + described.range.upperBound
      let bytes = TensorBytes(of: file, in: range)
      let tensor = try Tensor(
        elementType: described.elementType, shape: described.shape, bytes: bytes)
      return TensorArchive.Entry(name: name, tensor: tensor, source: path)
    }
    return try TensorArchive(entries, metadata: header.metadata)
  }

  /// Whether `file` starts like this format: a plausible size of the header, then its brace.
  public static func recognizes(_ file: FileBytes) -> Bool {
    guard file.count >= 9 else { return false }
    return file.withBytes(in: 0..<9) { bytes in
      let count = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(as: UInt64.self))
      let first = unsafe bytes.unsafeLoad(fromByteOffset: 8, as: UInt8.self)
      return count <= UInt64(maximumHeaderBytes) && first == UInt8(ascii: "{")
    }
  }

  private static func headerRange(of file: FileBytes) throws(SafetensorsError) -> Range<Int> {
    guard file.count >= 8 else {
      throw .truncated(path: file.path, expected: 8, found: file.count)
    }
    let count = file.withBytes(in: 0..<8) { bytes in
      unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(as: UInt64.self))
    }
    guard count <= UInt64(maximumHeaderBytes) else {
      let first = file.withBytes(in: 8..<min(9, file.count)) { bytes in
        unsafe bytes.withUnsafeBytes { unsafe $0.first }
      }
      throw first == UInt8(ascii: "{")
        ? .headerTooLarge(path: file.path, bytes: count) : .otherFormat(path: file.path)
    }
    guard 8 + Int(count) <= file.count else {
      throw .truncated(path: file.path, expected: 8 + Int(count), found: file.count)
    }
    return 8..<8 + Int(count)
  }
}
