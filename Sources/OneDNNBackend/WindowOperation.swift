import COneDNN
import Execution
import Tensors

/// A convolution or its transpose with the shapes that it meets.
struct WindowOperation: Hashable {
  /// `[N, C, spatial...]`.
  let source: Shape
  /// The extents of the kernels, as ONNX lists them.
  let weight: Shape
  let hasBias: Bool
  let groups: Int
  let window: SlidingWindow
  /// `[N, O, spatial...]`.
  let destination: Shape

  /// A convolution, `weight` `[O, C / groups, kernel...]`; nil where the operands contradict one
  /// another or oneDNN counts too narrowly for them.
  init?(convolving source: Shape, _ weight: Shape, bias: Int?, groups: Int, window: SlidingWindow) {
    guard source.isImage, weight.rank == source.rank, weight.elementCount > 0, groups > 0,
      window.isModest, window.kernel == Array(weight.dimensions.dropFirst(2)),
      weight[0] % groups == 0, source[1] % groups == 0, source[1] / groups == weight[1],
      bias == nil || bias == weight[0]
    else { return nil }
    var output: [Int] = []
    for (axis, extent) in source.dimensions.dropFirst(2).enumerated() {
      let room = extent + window.padsBefore[axis] + window.padsAfter[axis] - window.span(axis)
      guard room >= 0 else { return nil }
      output.append(room / window.strides[axis] + 1)
    }
    self.init(source, weight, bias != nil, groups, window, [source[0], weight[0]] + output)
  }

  /// The transpose of a convolution, `weight` `[C, O / groups, kernel...]`, to the spatial extents
  /// `output`; nil as for a convolution.
  init?(
    transposing source: Shape, _ weight: Shape, bias: Int?, groups: Int,
    window: SlidingWindow, output: [Int]
  ) {
    guard source.isImage, weight.rank == source.rank, weight.elementCount > 0, groups > 0,
      window.isModest, window.kernel == Array(weight.dimensions.dropFirst(2)),
      weight[0] == source[1], source[1] % groups == 0, output.count == source.rank - 2,
      output.allSatisfy({ $0 > 0 && $0 < 1 << 30 }), let channels = weight[1].times(groups),
      bias == nil || bias == channels
    else { return nil }
    let after = output.indices.map { axis in
      (source[2 + axis] - 1) * window.strides[axis] + window.span(axis) - window.padsBefore[axis]
        - output[axis]
    }
    let window = window.with(padsAfter: after)
    self.init(source, weight, bias != nil, groups, window, [source[0], channels] + output)
  }

  private init?(
    _ source: Shape, _ weight: Shape, _ hasBias: Bool, _ groups: Int, _ window: SlidingWindow,
    _ destination: [Int]
  ) {
    guard let destination = try? Shape(checking: destination), source.fitsInBlocks,
      destination.fitsInBlocks
    else { return nil }
    self.source = source
    self.weight = weight
    self.hasBias = hasBias
    self.groups = groups
    self.window = window
    self.destination = destination
  }

  /// The number of channels that come out.
  var outputChannels: Int { destination[1] }

  /// `[groups, O / groups, C / groups, kernel...]`, without the groups where there is one.
  var weightDimensions: [Int] {
    let channels = [outputChannels / groups, source[1] / groups]
    return (groups == 1 ? [] : [groups]) + channels + window.kernel
  }

  /// The kernels of the transpose as they lie in `weight`, with `weightDimensions`.
  func transposedWeights() throws(LibraryFailure) -> MemoryDescriptor {
    let area = window.kernel.reduce(1, *)
    let row = weight[1] * area
    var inner = [1]
    for extent in window.kernel.dropFirst().reversed() { inner.insert(inner[0] * extent, at: 0) }
    return try MemoryDescriptor(
      weightDimensions, dnnl_f32,
      .strides((groups == 1 ? [] : [source[1] / groups * row]) + [area, row] + inner))
  }
}

extension SlidingWindow {
  /// How far a window reaches along the spatial dimension `axis`.
  func span(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

  /// The same window with other padding behind the input.
  func with(padsAfter: [Int]) -> SlidingWindow {
    SlidingWindow(
      kernel: kernel, strides: strides, dilations: dilations, padsBefore: padsBefore,
      padsAfter: padsAfter)
  }

  /// Whether every number is in its range and small enough for oneDNN to compute with in 32 bits.
  var isModest: Bool {
    let limit = 1 << 16
    return (kernel + strides + dilations).allSatisfy { (1..<limit).contains($0) }
      && (padsBefore + padsAfter).allSatisfy { (0..<limit).contains($0) }
      && kernel.indices.allSatisfy { span($0) < limit }
  }

  /// The window with as much padding behind `source` as leads to the spatial extents `output`.
  ///
  /// Nil for dilations, which oneDNN has plain loops for only, and where a window would lie in
  /// padding alone, which means nothing to a pooling.
  func pooling(_ source: Shape, output: [Int]) -> SlidingWindow? {
    guard source.isImage, kernel.count == source.rank - 2, output.count == kernel.count,
      isModest, dilations.allSatisfy({ $0 == 1 }),
      output.allSatisfy({ $0 > 0 && $0 < 1 << 30 })
    else { return nil }
    let after = output.indices.map { axis in
      (output[axis] - 1) * strides[axis] + kernel[axis] - padsBefore[axis] - source[2 + axis]
    }
    let meetsInput = kernel.indices.allSatisfy { axis in
      padsBefore[axis] < kernel[axis] && after[axis] < kernel[axis]
    }
    return meetsInput ? with(padsAfter: after) : nil
  }
}

extension Shape {
  /// Whether blocks of channels, the last filled up, hold these images in at most 4 GiB.
  fileprivate var fitsInBlocks: Bool {
    let block = Processor.channelBlock
    return elementCount / self[1] <= (1 << 30) / ((self[1] + block - 1) / block * block)
  }
}

extension Int {
  /// The product, or nil where it does not fit.
  fileprivate func times(_ other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}
