import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// The space-time memory read, a frame of the memory after the other: the working memory does not
/// grow with the memory.
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
/// Frames that are held otherwise than it computes, such as in 8-bit integers, are converted one at
/// a time in working memory (``FrameConversion``).
final class MemoryRead {
  /// How the query's key lies: one object's `[1, K, h, w]`.
  let query: MemoryDescriptor
  /// How an object's result lies.
  let output: MemoryDescriptor
  /// The bytes of working memory that a run needs.
  let workspaceByteCount: Int

  private let topK: Int?
  private let engine: Engine
  private let positions: Int
  private let outputBlock: Int
  private let softmax: OnlineSoftmax
  private let match: Kernel
  private let read: Kernel
  private let pack: Kernel
  private let keyConversion: FrameConversion?, valueConversion: FrameConversion?
  private let regions: [Int]

  /// A read of memories whose frames are held like `keys` and `values`, of one size, that computes
  /// on numbers of `storage`, into a result of binary32 in `layout`; each query position reads the
  /// `topK` best entries, ties included, or all of them.
  init(
    keys: FrameLayout, values: FrameLayout, storage: Storage,
    layout: MemoryDescriptor.Layout, topK: Int?, on engine: Engine
  ) throws(LibraryFailure) {
    self.topK = topK
    self.engine = engine
    let keyOperand = FrameLayout(.keys, keys.dimensions, storage)
    let valueOperand = FrameLayout(.values, values.dimensions, storage)
    keyConversion = try FrameConversion(from: keys, to: keyOperand, on: engine)
    valueConversion = try FrameConversion(from: values, to: valueOperand, on: engine)
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
    softmax = OnlineSoftmax(
      block: block, blocks: lines / block, entries: positions, lines: lines,
      channels: valueChannels, isHalf: type == dnnl_bf16)

    var scaling = PrimitiveAttributes()
    scaling.postOperations = [
      .linear(alpha: 1.442_695_04 / Float(keyChannels).squareRoot(), beta: 0)
    ]
    let point = SlidingWindow.point
    let similarities = try MemoryDescriptor([1, positions, 1, lines], dnnl_f32, .blocked)
    let matching = try PrimitiveDescriptor(
      point.convolution(
        from: try keyOperand.whole,
        weights: try MemoryDescriptor([positions, keyChannels, 1, 1], type, .any), bias: .none,
        to: similarities),
      scaling, on: engine)
    let packed = matching.layout(of: dnnl_query_weights_md)
    match = try Kernel(
      matching, inputs: [(DNNL_ARG_SRC, try keyOperand.whole), (DNNL_ARG_WEIGHTS, packed)],
      output: (DNNL_ARG_DST, similarities), on: engine)
    // The flat query [1, K, 1, P] as kernels [P, K, 1, 1].
    let kernels = try query.flattened().permuted([3, 1, 2, 0])
    pack = try Kernel(
      PrimitiveDescriptor(reorder: kernels, to: packed, on: engine),
      inputs: [(DNNL_ARG_FROM, kernels)], output: (DNNL_ARG_TO, packed), on: engine)

    var adding = PrimitiveAttributes()
    adding.postOperations = [.sum(scale: 1, zeroPoint: 0, type: dnnl_f32)]
    let weights = try MemoryDescriptor([positions, lines, 1, 1], type, .kernelBlocks)
    let sums = try MemoryDescriptor([1, positions, 1, valueChannels], dnnl_f32, .blocked)
    read = try Kernel(
      PrimitiveDescriptor(
        point.convolution(from: try valueOperand.whole, weights: weights, bias: .none, to: sums),
        adding, on: engine),
      inputs: [(DNNL_ARG_SRC, try valueOperand.whole), (DNNL_ARG_WEIGHTS, weights)],
      output: (DNNL_ARG_DST, sums), on: engine)

    let sizes = [
      packed.byteCount, similarities.byteCount, softmax.isHalf ? weights.byteCount : 0,
      2 * lines * MemoryLayout<Float>.size, sums.byteCount,
      [
        match.workspaceByteCount, read.workspaceByteCount, pack.workspaceByteCount,
        keyConversion?.workspaceByteCount ?? 0, valueConversion?.workspaceByteCount ?? 0,
      ].reduce(0, max),
      max(keyConversion?.byteCount ?? 0, valueConversion?.byteCount ?? 0),
    ]
    var regions = [0]
    for size in sizes { regions.append((regions[regions.count - 1] + size).roundedUp(to: 64)) }
    self.regions = regions
    workspaceByteCount = regions[regions.count - 1]
  }

  /// Packs the query that lies at `query` for the objects to come.
  func begin(_ query: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer)
    throws(LibraryFailure)
  {
    try unsafe pack.run(StepOperands([query], region(0, workspace), region(5, workspace)))
  }

  /// Reads `frames`, an object's keys and values, and writes the result.
  func run(
    _ frames: Int,
    _ frame: (Int) -> (keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer),
    to output: UnsafeMutableRawPointer, _ workspace: UnsafeMutableRawPointer
  ) throws(LibraryFailure) {
    let count = topK.flatMap { $0 < frames * positions ? $0 : nil }
    let buffer = count.map {
      engine.pool.buffer(
        byteCount: softmax.blocks * $0 * softmax.block * MemoryLayout<Float>.size)
    }
    defer { withExtendedLifetime(buffer) {} }
    let largest = count.flatMap { count in
      buffer.map { unsafe OnlineSoftmax.Largest(count: count, start: $0.start) }
    }
    let state = unsafe OnlineSoftmax.State(
      similarities: region(1, workspace),
      weights: region(2, workspace), totals: region(3, workspace), sums: region(4, workspace),
      largest: largest)
    func compare(_ index: Int) throws(LibraryFailure) {
      let keys = try unsafe operand(frame(index).keys, keyConversion, workspace)
      try unsafe match.run(
        StepOperands([keys, region(0, workspace)], state.similarities, region(5, workspace)))
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
      softmax.absorb(state, isFirst: step == 0)
      let weights = unsafe softmax.isHalf ? state.weights : state.similarities
      let values = try unsafe operand(frame(index).values, valueConversion, workspace)
      try unsafe read.run(
        StepOperands([values, weights], state.sums, region(5, workspace)))
    }
    unsafe softmax.finish(state, positions: positions, outputBlock: outputBlock, to: output)
  }

  /// Where the frame at `start` lies as it is computed on, until the next is asked for.
  private func operand(
    _ start: UnsafeMutableRawPointer, _ conversion: FrameConversion?,
    _ workspace: UnsafeMutableRawPointer
  ) throws(LibraryFailure) -> UnsafeMutableRawPointer {
    guard let conversion else { return unsafe start }
    let target = unsafe region(6, workspace)
    try unsafe conversion.run(start, to: target, region(5, workspace))
    return unsafe target
  }

  private func region(
    _ index: Int, _ workspace: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    unsafe workspace + regions[index]
  }
}

extension SlidingWindow {
  /// The window of a 1x1 convolution.
  static var point: SlidingWindow {
    SlidingWindow(
      kernel: [1, 1], strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], padsAfter: [0, 0])
  }
}
