import Glibc
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
final class BufferPool: Sendable {
  private static let maximumBlocks = 64

  private let free = Mutex<[Block]>([])
  private let allocations = Mutex(0)

  /// How often new memory was asked of the system.
  var allocationCount: Int { allocations.withLock { $0 } }

  deinit {
    free.withLock { blocks in
      for block in blocks { block.deallocate() }
    }
  }

  /// At least `byteCount` bytes, whose contents are undefined; at most twice as many, since some
  /// values are kept for long.
  func buffer(byteCount: Int) -> Buffer {
    let block = free.withLock { blocks -> Block? in
      let fitting = blocks.indices.filter {
        (byteCount...2 * byteCount + 64).contains(blocks[$0].byteCount)
      }
      return fitting.min { blocks[$0].byteCount < blocks[$1].byteCount }.map {
        blocks.remove(at: $0)
      }
    }
    if block == nil { allocations.withLock { $0 += 1 } }
    return Buffer(reusing: block ?? Block(byteCount: byteCount), of: self)
  }

  /// The blocks that were given back last wait to be used again.
  fileprivate func take(back block: Block) {
    free.withLock { blocks in
      blocks.append(block)
      if blocks.count > Self.maximumBlocks { blocks.removeFirst().deallocate() }
    }
  }
}

/// Memory without an owner. Large blocks ask for huge pages, which spare address translations; that
/// they may not be had changes nothing else.
@safe private struct Block: @unchecked Sendable {  // an address
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  /// The bytes of a huge page. Beneath twice as many, little would lie in whole ones.
  private static let hugePage = 1 << 21

  init(byteCount: Int) {
    self.byteCount = byteCount
    let isLarge = byteCount >= 2 * Self.hugePage
    unsafe start = .allocate(
      byteCount: max(byteCount, 1), alignment: isLarge ? Self.hugePage : 64)
    if isLarge { _ = unsafe madvise(start, byteCount, MADV_HUGEPAGE) }
  }

  func deallocate() { unsafe start.deallocate() }
}
