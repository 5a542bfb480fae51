import COneDNN
import Execution
import Quantization

/// The space-time memory read, for some query positions at a time a frame of the memory after the
/// other: the working memory grows neither with the memory nor with the square of the frame.
///
/// A frame's keys are the image of a 1x1 convolution whose kernels are the query; its result, query
/// positions by entries, becomes weights (``OnlineSoftmax``), which as they lie are the kernels of a
/// second one, whose image are the frame's values and which adds to what was read before. All
/// objects share one packed query. A convolution adds its input channels up in one thread, so the
/// result does not depend on the number of threads; a matrix product may split them.
///
/// A read of the `topK` best entries takes two passes: one over the keys for the similarity that
/// the entries must reach, and one that computes the same similarities again and reads.
///
/// Frames that are held otherwise than it computes, such as in 8-bit integers or binary16, are
/// converted one at a time in working memory (``FrameConversion``).
final class MemoryRead {
  /// How the query's key lies: one object's `[1, K, h, w]`.
  let query: MemoryDescriptor
  /// How an object's result lies.
  let output: MemoryDescriptor

  private let topK: Int?
  private let engine: Engine
  private let positions: Int
  private let outputBlock: Int
  private let softmax: OnlineSoftmax
  private let parts: Int
  private let packed: MemoryDescriptor
  private let match: Kernel
  private let read: Kernel
  private let pack: Kernel
  private let keyConversion: FrameConversion?, valueConversion: FrameConversion?
  private let workspace: Workspace

  /// Where in the working memory things lie, in bytes.
  private struct Workspace {
    var byteCount = 0
    var query = 0, similarities = 0, weights = 0, totals = 0, sums = 0, scratch = 0
    var keys = 0, values = 0

    /// Makes room for `count` bytes.
    mutating func place(_ count: Int) -> Int {
      defer { byteCount += count.roundedUp(to: 64) }
      return byteCount
    }
  }

  /// The bytes of working memory that a run needs.
  var workspaceByteCount: Int { workspace.byteCount }

  /// A read of memories whose frames are held like `keys` and `values`, of one size, that computes
  /// on numbers of `storage`, into a result of binary32 in `layout`; each query position reads the
  /// `topK` best entries, ties included, or all of them.
  init(
    keys: FrameLayout, values: FrameLayout, storage: Storage,
    layout: MemoryDescriptor.Layout, topK: Int?, on engine: Engine
  ) throws(LibraryFailure) {
    self.topK = topK
    self.engine = engine
    let (keyOperand, valueOperand) = (keys.operand(storage), values.operand(storage))
    keyConversion = try FrameConversion(from: keys, to: keyOperand)
    valueConversion = try FrameConversion(from: values, to: valueOperand)
    let (keyChannels, valueChannels) = (keys.dimensions[0], values.dimensions[0])
    let (size, type) = (keys.dimensions[1...], keyOperand.type)
    positions = keys.entries
    let lines = keys.paddedEntries
    query = try MemoryDescriptor(
      [1, keyChannels] + size, type, ValueStore.layout(of: [keyChannels]))
    output = try MemoryDescriptor([1, valueChannels] + size, dnnl_f32, layout)
    outputBlock =
      switch layout {
      case .blocked: Processor.channelBlock
      case .channelsLast: valueChannels
      default: 1
      }
    let block = Processor.channelBlock
    let most = max(
      Self.fewestPositions, Self.similarityByteCount / (lines * MemoryLayout<Float>.size))
    parts = (lines + most - 1) / most
    let blocks = (lines / block + parts - 1) / parts
    softmax = OnlineSoftmax(
      block: block, blocks: blocks, entries: positions, lines: lines,
      channels: valueChannels, isHalf: type == dnnl_bf16)
    let count = blocks * block

    var scaling = PrimitiveAttributes()
    scaling.postOperations = [
      .linear(alpha: 1.442_695_04 / Float(keyChannels).squareRoot(), beta: 0)
    ]
    let point = SlidingWindow.point
    let similarities = try MemoryDescriptor([1, count, 1, lines], dnnl_f32, .blocked)
    packed = try MemoryDescriptor([count, keyChannels, 1, 1], type, .kernelBlocks)
    match = try Kernel(
      PrimitiveDescriptor(
        point.convolution(
          from: try keyOperand.whole, weights: packed, bias: .none, to: similarities),
        scaling, on: engine),
      inputs: [(DNNL_ARG_SRC, try keyOperand.whole), (DNNL_ARG_WEIGHTS, packed)],
      output: (DNNL_ARG_DST, similarities), on: engine)
    // The flat query [1, K, 1, P] as kernels [P, K, 1, 1]; positions are outermost in them.
    let kernels = try query.flattened().permuted([3, 1, 2, 0])
    let whole = try MemoryDescriptor([positions, keyChannels, 1, 1], type, .kernelBlocks)
    pack = try Kernel(
      PrimitiveDescriptor(reorder: kernels, to: whole, on: engine),
      inputs: [(DNNL_ARG_FROM, kernels)], output: (DNNL_ARG_TO, whole), on: engine)

    var adding = PrimitiveAttributes()
    adding.postOperations = [.sum(scale: 1, zeroPoint: 0, type: dnnl_f32)]
    let weights = try MemoryDescriptor([count, lines, 1, 1], type, .kernelBlocks)
    let sums = try MemoryDescriptor([1, count, 1, valueChannels], dnnl_f32, .blocked)
    read = try Kernel(
      PrimitiveDescriptor(
        point.convolution(from: try valueOperand.whole, weights: weights, bias: .none, to: sums),
        adding, on: engine),
      inputs: [(DNNL_ARG_SRC, try valueOperand.whole), (DNNL_ARG_WEIGHTS, weights)],
      output: (DNNL_ARG_DST, sums), on: engine)

    var workspace = Workspace()
    workspace.query = workspace.place(parts * packed.byteCount)
    workspace.similarities = workspace.place(similarities.byteCount)
    workspace.weights = workspace.place(softmax.isHalf ? weights.byteCount : 0)
    workspace.totals = workspace.place(2 * count * MemoryLayout<Float>.size)
    workspace.sums = workspace.place(sums.byteCount)
    workspace.scratch = workspace.place(
      max(match.workspaceByteCount, read.workspaceByteCount, pack.workspaceByteCount))
    workspace.keys = workspace.place(keyConversion?.byteCount ?? 0)
    workspace.values = workspace.place(valueConversion?.byteCount ?? 0)
    self.workspace = workspace
  }

  /// What the similarities of one part may take.
  private static let similarityByteCount = 1 << 24
  /// Fewer positions at a time would make each part's reading of the frames cost more than its
  /// products.
  private static let fewestPositions = 512

  /// Packs the query that lies at `query` for the objects to come.
  func begin(_ query: UnsafeMutableRawPointer, _ start: UnsafeMutableRawPointer)
    throws(LibraryFailure)
  {
    let target = unsafe start + workspace.query
    // The last part may have more positions than there are.
    let used = pack.outputByteCount
    unsafe (target + used).initializeMemory(
      as: UInt8.self, repeating: 0, count: parts * packed.byteCount - used)
    try unsafe pack.run(StepOperands([query], target, start + workspace.scratch))
  }

  /// Reads `frames`, an object's keys and values, and writes the result; returns the attention that
  /// they were paid, counted by `detail`: `[T]` or `[T, entries]`.
  @discardableResult func run(
    _ frames: Int,
    _ frame: (Int) -> (keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer),
    to output: UnsafeMutableRawPointer, _ start: UnsafeMutableRawPointer,
    attention detail: AttentionDetail? = nil
  ) throws(LibraryFailure) -> [Float] {
    let count = topK.flatMap { $0 < frames * positions ? $0 : nil }
    let shareByteCount = 2 * softmax.blocks * softmax.block * MemoryLayout<Float>.size
    let shares =
      detail == .frames ? engine.pool.buffer(byteCount: frames * shareByteCount) : nil
    defer { withExtendedLifetime(shares) {} }
    func share(_ index: Int) -> OnlineSoftmax.PartShare? {
      shares.map { unsafe OnlineSoftmax.PartShare(start: $0.start + index * shareByteCount) }
    }
    var attention = [Float](
      repeating: 0,
      count: detail == .frames ? frames : detail == .entries ? frames * positions : 0)
    let buffer = count.map {
      engine.pool.buffer(
        byteCount: softmax.blocks * $0 * softmax.block * MemoryLayout<Float>.size)
    }
    defer { withExtendedLifetime(buffer) {} }
    let largest = count.flatMap { count in
      buffer.map { unsafe OnlineSoftmax.Largest(count: count, start: $0.start) }
    }
    let state = unsafe OnlineSoftmax.State(
      similarities: start + workspace.similarities, weights: start + workspace.weights,
      totals: start + workspace.totals, sums: start + workspace.sums, largest: largest)
    let scratch = unsafe start + workspace.scratch
    for part in 0..<parts {
      let query = unsafe start + workspace.query + part * packed.byteCount
      func compare(_ index: Int) throws(LibraryFailure) {
        let keys = unsafe operand(
          frame(index).keys, keyConversion, start + workspace.keys)
        try unsafe match.run(StepOperands([keys, query], state.similarities, scratch))
      }
      if let largest {
        for index in 0..<frames {
          try compare(index)
          softmax.collect(state, in: largest, isFirst: index == 0)
        }
      }
      for step in 0..<frames {
        // A second pass runs backwards: the last frame's similarities are still there.
        let index = largest == nil ? step : frames - 1 - step
        if largest == nil || step > 0 { try compare(index) }
        softmax.absorb(state, isFirst: step == 0, share: share(index))
        let weights = unsafe softmax.isHalf ? state.weights : state.similarities
        let values = unsafe operand(
          frame(index).values, valueConversion, start + workspace.values)
        try unsafe read.run(StepOperands([values, weights], state.sums, scratch))
      }
      let first = part * softmax.blocks * softmax.block
      unsafe softmax.finish(
        state, from: first, of: positions, outputBlock: outputBlock, to: output)
      for index in 0..<frames {
        if let share = share(index) {
          attention[index] += Float(
            softmax.attention(state, to: share, from: first, of: positions))
        } else if detail == .entries {
          try compare(index)
          addAttention(state, to: &attention, index, from: first)
        }
      }
    }
    return attention
  }

  private func addAttention(
    _ state: OnlineSoftmax.State, to attention: inout [Float], _ frame: Int, from first: Int
  ) {
    let partial = engine.pool.buffer(
      byteCount: softmax.blocks * positions * MemoryLayout<Float>.size)
    defer { withExtendedLifetime(partial) {} }
    unsafe attention.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe softmax.addAttention(
        state, from: first, of: positions,
        partial: partial.start.assumingMemoryBound(to: Float.self),
        to: start + frame * positions)
    }
  }

  /// Where the frame at `source` lies as it is computed on; converted, at `target`.
  private func operand(
    _ source: UnsafeMutableRawPointer, _ conversion: FrameConversion?,
    _ target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    guard let conversion else { return unsafe source }
    unsafe conversion.run(source, to: target)
    return unsafe target
  }
}

extension SlidingWindow {
  /// The window of a 1x1 convolution.
  static var point: SlidingWindow {
    SlidingWindow(
      kernel: [1, 1], strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], padsAfter: [0, 0])
  }
}
