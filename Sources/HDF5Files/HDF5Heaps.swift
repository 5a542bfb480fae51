import Glibc

/// The heaps of a file that hold texts of variable length, checked before libhdf5 reads them.
///
///     a heap     0 "GCOL"  4 version u8, 1  5 nothing [3]  8 size of the heap u64  16 objects ...
///     an object  0 index u16  2 references u16  4 nothing [4]  8 size n u64
///                16 the bytes [n], filled up to a multiple of 8
///
/// Index 0 is free space, whose size includes these 16 bytes; fewer than 16 at the end are free
/// too. libhdf5 1.10 never ends reading an object that does not move it on. (HDF5 File Format
/// Specification 3.0, III.E, with sizes of 8 bytes.)
struct HDF5Heaps {
  /// The size of the largest object.
  private(set) var largestObject = 0

  private static let signature: [UInt8] = Array("GCOL".utf8) + [1, 0, 0, 0]
  private static let headerSize = 16

  /// How many bytes are looked through before `release` is called.
  private static let stride = 1 << 24

  /// Finds every heap in the `bytes` of a file, wherever it is, and checks its objects.
  ///
  /// Calls `release` now and then, so that the bytes need not all be in memory at once. Throws
  /// ``HDF5Error/malformed(path:object:reason:)``.
  init(in bytes: RawSpan, at place: HDF5Place, release: () -> Void) throws(HDF5Error) {
    var position = 0
    var total = 0
    while position < bytes.byteCount {
      let end = min(position + Self.stride, bytes.byteCount)
      let last = min(end + Self.signature.count - 1, bytes.byteCount)
      while let start = Self.next(in: bytes, from: position, to: last) {
        total += try check(bytes, start: start, at: place)
        guard total <= bytes.byteCount else {
          throw place.malformed("heaps of texts: they overlap at byte \(start)")
        }
        position = start + Self.signature.count
      }
      position = max(position, end)
      release()
    }
  }

  /// Checks the heap that starts at `start`; returns its size.
  private mutating func check(
    _ bytes: RawSpan, start: Int, at place: HDF5Place
  ) throws(HDF5Error) -> Int {
    let size = start + Self.headerSize <= bytes.byteCount ? Self.size(bytes, at: start + 8) : 0
    guard size >= Self.headerSize, size <= bytes.byteCount - start else {
      throw place.malformed(
        "heap of texts at byte \(start): expected at most \(bytes.byteCount - start) bytes, "
          + "found \(size)")
    }
    var position = start + Self.headerSize
    while position + Self.headerSize <= start + size {
      let index = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt16.self)
      let count = Self.size(bytes, at: position + 8)
      let left = start + size - position
      let needed = index == 0 ? count : Self.headerSize + min(count, left) + (8 - count % 8) % 8
      guard needed >= Self.headerSize, needed <= left else {
        throw place.malformed(
          "heap of texts at byte \(start): object \(index): expected at most \(left) bytes, "
            + "found \(count)")
      }
      if index > 0 { largestObject = max(largestObject, count) }
      position += needed
    }
    return size
  }

  private static func size(_ bytes: RawSpan, at position: Int) -> Int {
    Int(
      clamping: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
        .littleEndian)
  }

  /// Where the next signature is between `position` and `end` (wraps `memchr`).
  private static func next(in bytes: RawSpan, from position: Int, to end: Int) -> Int? {
    unsafe bytes.withUnsafeBytes { buffer -> Int? in
      var position = position
      while position + signature.count <= end, let base = buffer.baseAddress,
        let first = unsafe memchr(base + position, Int32(signature[0]), end - position)
      {
        position = unsafe UnsafeRawPointer(first) - base
        if unsafe buffer[position..<end].starts(with: signature) { return position }
        position += 1
      }
      return nil
    }
  }
}
