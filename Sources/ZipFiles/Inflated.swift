import CZlib

/// What a deflate stream (RFC 1951) unpacks to, up to a limit (wraps `inflate`).
struct Inflated {
  /// The bytes unpacked before the stream's end, its first error or the limit.
  let bytes: [UInt8]

  /// Whether the stream ended soundly, where its source ends.
  let isComplete: Bool

  /// Unpacks `source` to at most `limit` bytes. Both sizes must fit in 32 bits.
  init(_ source: RawSpan, limit: Int) {
    var stream = unsafe z_stream()
    var isComplete = false
    bytes = unsafe source.withUnsafeBytes { input in
      unsafe [UInt8](unsafeUninitializedCapacity: max(limit, 1)) { output, count in
        let status = unsafe inflateInit2_(
          &stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot start")
        defer { unsafe inflateEnd(&stream) }
        unsafe stream.next_in = UnsafeMutablePointer(
          mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(limit)
        let end = unsafe inflate(&stream, Z_SYNC_FLUSH)
        isComplete = unsafe end == Z_STREAM_END && stream.avail_in == 0
        count = unsafe limit - Int(stream.avail_out)
      }
    }
    self.isComplete = isComplete
  }
}

/// The CRC-32 of `bytes` (wraps zlib's `crc32_z`).
func crc32(of bytes: RawSpan) -> UInt32 {
  unsafe bytes.withUnsafeBytes { buffer in
    let start = unsafe buffer.assumingMemoryBound(to: UInt8.self).baseAddress
    return UInt32(unsafe crc32_z(0, start, buffer.count))
  }
}
