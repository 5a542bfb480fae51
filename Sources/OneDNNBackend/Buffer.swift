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
  private let maximumBlocks: Int
  private let free = Mutex(FreeBlocks())
  private let allocations = Mutex(0)

  /// A pool that keeps at most `maximumBlocks` blocks for later.
  init(maximumBlocks: Int = 64) { self.maximumBlocks = maximumBlocks }

  /// How often new memory was asked of the system.
  var allocationCount: Int { allocations.withLock { $0 } }

  deinit { free.withLock { $0.removeAll() } }

  /// At least `byteCount` bytes, whose contents are undefined; at most twice as many, since some
  /// values are kept for long.
  func buffer(byteCount: Int) -> Buffer {
    let block = free.withLock { $0.take(byteCount...2 * byteCount + 64) }
    if block == nil { allocations.withLock { $0 += 1 } }
    return Buffer(reusing: block ?? Block(byteCount: byteCount), of: self)
  }

  /// The blocks that were given back last wait to be used again.
  fileprivate func take(back block: Block) {
    free.withLock { $0.add(block, keeping: maximumBlocks) }
  }
}

/// Blocks that nobody uses, the smallest first.
private struct FreeBlocks {
  private var blocks: [(block: Block, turn: Int)] = []
  private var turns = 0

  /// The smallest block with so many bytes, which is there no longer; nil: there is none.
  mutating func take(_ byteCounts: ClosedRange<Int>) -> Block? {
    let index = place(of: byteCounts.lowerBound)
    guard index < blocks.count, byteCounts.contains(blocks[index].block.byteCount) else {
      return nil
    }
    return blocks.remove(at: index).block
  }

  /// Adds `block`; of more than `maximum`, the one that was added first goes.
  mutating func add(_ block: Block, keeping maximum: Int) {
    turns += 1
    blocks.insert((block, turns), at: place(of: block.byteCount))
    guard blocks.count > maximum,
      let oldest = blocks.indices.min(by: { blocks[$0].turn < blocks[$1].turn })
    else { return }
    blocks.remove(at: oldest).block.deallocate()
  }

  mutating func removeAll() {
    for (block, _) in blocks { block.deallocate() }
    blocks = []
  }

  /// The first place whose block has `byteCount` bytes or more.
  private func place(of byteCount: Int) -> Int {
    var (low, high) = (0, blocks.count)
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].block.byteCount < byteCount { low = middle + 1 } else { high = middle }
    }
    return low
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
