import Files
import Tensors

/// What stands before the elements of an array, checked against the array's size.
///
///     0  6   93 "NUMPY"
///     6  2   version: 1.0, 2.0 or 3.0
///     8  2|4 N, the size of the dictionary, little-endian: 2 bytes in version 1, else 4
///        N   a Python dictionary in text, padded with spaces, ending in a line feed:
///            {'descr': '<f4', 'fortran_order': False, 'shape': (64, 3, 7, 7), }
///        the elements, without holes, to the end
///
/// `descr` is the byte order (`<` little, `>` big, `|` does not matter), the kind (b, i, u, f) and
/// the bytes of an element. Text is Latin-1, from version 3 on UTF-8. (NumPy, "npy format".)
struct NumpyHeader: Sendable {
  let path: String
  let array: String
  let elementType: ElementType
  let isBigEndian: Bool
  let isFortranOrder: Bool
  let shape: Shape

  /// Where the elements start.
  let byteCount: Int

  /// A larger dictionary is refused: NumPy itself reads 10,000 bytes unless told otherwise.
  static let maximumDictionaryBytes = 65_536

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// Whether `file` starts as an array does.
  static func recognizes(_ file: FileBytes) -> Bool {
    file.withBytes(in: 0..<min(magic.count, file.count)) { bytes in
      unsafe bytes.withUnsafeBytes { unsafe $0.elementsEqual(magic) }
    }
  }

  /// Reads the header of an array of `size` bytes, of which `prefix` delivers the first.
  init(
    path: String, array: String, size: Int, limits: ReadingLimits,
    prefix: (Int) throws -> [UInt8]
  ) throws {
    func truncated(_ expected: Int) -> NumpyError {
      .truncatedHeader(path: path, array: array, expected: expected, found: size)
    }
    let start = try prefix(min(12, size))
    guard start.starts(with: Self.magic) else {
      throw NumpyError.notAnArray(path: path, array: array)
    }
    guard start.count >= 8 else { throw truncated(8) }
    guard (1...3).contains(start[6]), start[7] == 0 else {
      throw NumpyError.version(path: path, array: array, found: "\(start[6]).\(start[7])")
    }
    let dictionaryStart = start[6] == 1 ? 10 : 12
    guard start.count >= dictionaryStart else { throw truncated(dictionaryStart) }
    let count = start[8..<dictionaryStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    try limits.check(.headerBytes, count, of: "array '\(array)'", in: path)
    guard count <= Self.maximumDictionaryBytes else {
      throw NumpyError.malformedHeader(
        path: path, array: array,
        reason: "expected at most \(Self.maximumDictionaryBytes) bytes, found \(count)")
    }
    byteCount = dictionaryStart + count
    guard byteCount <= size else { throw truncated(byteCount) }
    var scanner = DictionaryScanner(
      path: path, array: array, bytes: try prefix(byteCount)[dictionaryStart...])
    let dictionary = try scanner.dictionary()
    self.path = path
    self.array = array
    let description = dictionary.description
    guard let elementType = Self.elementType(description) else {
      throw NumpyError.elementType(path: path, array: array, found: "'\(description)'")
    }
    self.elementType = elementType
    isBigEndian = description.hasPrefix(">")
    isFortranOrder = dictionary.isFortranOrder
    try limits.check(.rank, dictionary.shape.count, of: "array '\(array)'", in: path)
    guard let shape = try? Shape(checking: dictionary.shape) else {
      throw NumpyError.malformedHeader(
        path: path, array: array,
        reason: "shape: expected dimensions whose product fits in memory, "
          + "found \(dictionary.shape)")
    }
    self.shape = shape
    let expected = shape.elementCount * elementType.byteCount
    guard size - byteCount == expected else {
      throw NumpyError.byteCount(
        path: path, array: array, expected: expected, found: size - byteCount)
    }
  }

  /// The types by their kind and the bytes of an element.
  static let types: [String: ElementType] = [
    "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
    "u2": .uint16, "u4": .uint32, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  /// The type that `descr` names, or nil; only single bytes may leave the byte order open.
  private static func elementType(_ description: String) -> ElementType? {
    guard let order = description.first, let type = types[String(description.dropFirst())],
      order == "<" || order == ">" || (order == "|" && type.byteCount == 1)
    else { return nil }
    return type
  }
}
