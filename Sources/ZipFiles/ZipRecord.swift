import Files

/// Bytes copied from the file, read as little-endian integers.
struct ZipRecord {
  let bytes: [UInt8]

  /// Copies `range`, which must lie inside `file`.
  init(of file: FileBytes, in range: Range<Int>) {
    bytes = file.withBytes(in: range) { bytes in
      unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
  }

  func u16(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }

  func u32(_ offset: Int) -> Int { u16(offset) | u16(offset + 2) << 16 }

  /// The unsigned integer of 8 bytes, or `Int.max` if it is larger.
  func u64(_ offset: Int) -> Int {
    Int(clamping: UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32)
  }
}

extension ZipRecord {
  /// The `sizes` of an entry whose extra fields these are: those of all ones as its zip64 field has
  /// them; nil when that is missing or has more or fewer numbers than needed.
  func wide(_ sizes: [Int]) -> [Int]? {
    let places = sizes.indices.filter { sizes[$0] == 0xFFFF_FFFF }
    guard !places.isEmpty else { return sizes }
    var sizes = sizes
    var position = 0
    while position + 4 <= bytes.count {
      let (field, count) = (u16(position), u16(position + 2))
      position += 4
      if field == 1 {
        guard count == 8 * places.count, position + count <= bytes.count else { return nil }
        for (number, place) in places.enumerated() { sizes[place] = u64(position + 8 * number) }
        return sizes
      }
      position += count
    }
    return nil
  }
}
