import Synchronization

/// Memory that a tensor lies in.
@safe final class Buffer {
  private let block: Block
  private let pool: BufferPool?

  /// `byteCount` bytes of its own, for what lives long.
  init(byteCount: Int) {
    block = Block(byteCount: byteCount)
    pool = nil
  }

  fileprivate init(reusing block: Block, of pool: BufferPool) {
    self.block = block
    self.pool = pool
  }

  deinit {
    if let pool { pool.take(back: block) } else { block.deallocate() }
  }

  /// The first byte, at the start of a cache line.
  var start: UnsafeMutableRawPointer { unsafe block.start }
}

/// Memory that values are given and give back, on any thread.
///
/// It holds at most as many blocks as were ever in use at once: a block that is too small for
/// what is asked makes room for a larger one.
final class BufferPool: Sendable {
  private let free = Mutex<[Block]>([])

  deinit {
    free.withLock { blocks in
      for block in blocks { block.deallocate() }
    }
  }

  /// At least `byteCount` bytes, whose contents are undefined.
  func buffer(byteCount: Int) -> Buffer {
    let block = free.withLock { blocks -> Block? in
      let order = blocks.indices.sorted { blocks[$0].byteCount < blocks[$1].byteCount }
      if let fitting = order.first(where: { blocks[$0].byteCount >= byteCount }) {
        return blocks.remove(at: fitting)
      }
      if let largest = order.last { blocks.remove(at: largest).deallocate() }
      return nil
    }
    return Buffer(reusing: block ?? Block(byteCount: byteCount), of: self)
  }

  fileprivate func take(back block: Block) { free.withLock { $0.append(block) } }
}

/// Memory without an owner.
@safe private struct Block: @unchecked Sendable {  // an address
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe start = .allocate(byteCount: max(byteCount, 1), alignment: 64)
  }

  func deallocate() { unsafe start.deallocate() }
}
