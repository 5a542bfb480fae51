/// Memory that a tensor lies in.
@safe final class Buffer {
  /// The first byte, at the start of a cache line.
  let start: UnsafeMutableRawPointer
  fileprivate let byteCount: Int
  fileprivate var pool: BufferPool?

  /// `byteCount` bytes of its own, for what lives long.
  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe start = .allocate(byteCount: max(byteCount, 1), alignment: 64)
  }

  fileprivate init(reusing start: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.start = start
    self.byteCount = byteCount
  }

  deinit {
    if let pool {
      unsafe pool.free.append((start, byteCount))
    } else {
      unsafe start.deallocate()
    }
  }
}

/// Memory that values are given and give back; to be used on one thread.
///
/// It holds at most as many blocks as were ever in use at once: a block that is too small for
/// what is asked makes room for a larger one.
@safe final class BufferPool {
  fileprivate var free: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []

  deinit { for unsafe block in unsafe free { unsafe block.start.deallocate() } }

  /// At least `byteCount` bytes, whose contents are undefined.
  func buffer(byteCount: Int) -> Buffer {
    let order = unsafe free.indices.sorted { unsafe free[$0].byteCount < free[$1].byteCount }
    let fitting = unsafe order.first { unsafe free[$0].byteCount >= byteCount }
    let buffer: Buffer
    if let fitting {
      let block = unsafe free.remove(at: fitting)
      buffer = unsafe Buffer(reusing: block.start, byteCount: block.byteCount)
    } else {
      if let largest = order.last { unsafe free.remove(at: largest).start.deallocate() }
      buffer = Buffer(byteCount: byteCount)
    }
    buffer.pool = self
    return buffer
  }
}
