/// Memory that a tensor lies in.
@safe final class Buffer {
  private let block: Block
  fileprivate var pool: BufferPool?

  /// `byteCount` bytes of its own, for what lives long.
  init(byteCount: Int) { block = Block(byteCount: byteCount) }

  fileprivate init(reusing block: Block, of pool: BufferPool) {
    self.block = block
    self.pool = pool
  }

  deinit {
    if let pool { pool.free.append(block) } else { block.deallocate() }
  }

  /// The first byte, at the start of a cache line.
  var start: UnsafeMutableRawPointer { unsafe block.start }
}

/// Memory that values are given and give back; to be used on one thread.
///
/// It holds at most as many blocks as were ever in use at once: a block that is too small for
/// what is asked makes room for a larger one.
final class BufferPool {
  fileprivate var free: [Block] = []

  deinit { for block in free { block.deallocate() } }

  /// At least `byteCount` bytes, whose contents are undefined.
  func buffer(byteCount: Int) -> Buffer {
    let order = free.indices.sorted { free[$0].byteCount < free[$1].byteCount }
    if let fitting = order.first(where: { free[$0].byteCount >= byteCount }) {
      return Buffer(reusing: free.remove(at: fitting), of: self)
    }
    if let largest = order.last { free.remove(at: largest).deallocate() }
    return Buffer(reusing: Block(byteCount: byteCount), of: self)
  }
}

/// Memory without an owner.
@safe private struct Block {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe start = .allocate(byteCount: max(byteCount, 1), alignment: 64)
  }

  func deallocate() { unsafe start.deallocate() }
}
