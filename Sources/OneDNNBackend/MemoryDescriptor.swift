import COneDNN
import Tensors

/// The extents, element type and layout of a block of memory (mirrors `dnnl_memory_desc_t`).
struct MemoryDescriptor: Hashable {
  /// Where the elements of a tensor lie.
  enum Layout {
    /// Row-major: the last dimension is contiguous.
    case plain
    /// `[N, H, W, C]` in memory, with as many spatial dimensions as there are.
    case channelsLast
    /// `[N, C / block, H, W, block]` in memory, the last block filled up with zeros.
    case blocked
    /// The distance in elements between neighbours along each dimension.
    case strides([Int])
    /// Kernels `[out, in, 1, 1]` in memory as `[out / block, in / block, in block, out block]`,
    /// bfloat16 numbers of neighbouring inputs side by side.
    case kernelBlocks
    /// Whatever the primitive likes best.
    case any
  }

  /// The extents, outermost first.
  let dimensions: [Int]

  /// The type of the elements.
  let type: dnnl_data_type_t

  /// Nil: a primitive chose it, or it is a part or another order of some.
  private let layout: Layout?
  private let handle: Handle

  /// A descriptor. Wraps `dnnl_memory_desc_create_with_tag` and
  /// `dnnl_memory_desc_create_with_strides`.
  init(
    _ dimensions: [Int], _ type: dnnl_data_type_t, _ layout: Layout
  ) throws(LibraryFailure) {
    self.dimensions = dimensions
    self.type = type
    self.layout = layout
    handle = try Handle(dimensions, type, layout)
  }

  /// What a primitive descriptor answered.
  init(_ handle: Handle) {
    self.handle = handle
    let (dimensions, type) = (handle.dimensions, handle.type)
    self.dimensions = dimensions
    self.type = type
    let isImage = (3...5).contains(dimensions.count)
    layout = [Layout.blocked, .channelsLast, .plain].first {
      isImage && (try? Handle(dimensions, type, $0)) == handle
    }
  }

  /// No memory at all, as for the bias of a convolution without one.
  static let none = MemoryDescriptor(
    unsafe Handle("COneDNN_noLayout") { unsafe COneDNN_noLayout($0) })

  /// The same extents and layout, which is one of ``Layout``, with elements of another type.
  func with(_ type: dnnl_data_type_t) -> MemoryDescriptor { rebuilt(dimensions, type) }

  /// The same layout, which is one of ``Layout``, for `count` objects: they lie behind one another
  /// in all of these.
  func with(objects count: Int) -> MemoryDescriptor { rebuilt([count] + dimensions[1...], type) }

  private func rebuilt(_ dimensions: [Int], _ type: dnnl_data_type_t) -> MemoryDescriptor {
    guard dimensions != self.dimensions || type != self.type else { return self }
    guard let layout, let rebuilt = try? MemoryDescriptor(dimensions, type, layout) else {
      preconditionFailure("\(self.dimensions) lie in a layout that only a primitive knows")
    }
    return rebuilt
  }

  /// The part of the same memory that begins at its first element and has these extents. Wraps
  /// `dnnl_memory_desc_create_submemory`.
  func part(_ dimensions: [Int]) throws(LibraryFailure) -> MemoryDescriptor {
    let origin = [dnnl_dim_t](repeating: 0, count: dimensions.count)
    let extents = dimensions.map(dnnl_dim_t.init)
    return MemoryDescriptor(
      try unsafe handle.derived("COneDNN_layoutOfPart") {
        unsafe COneDNN_layoutOfPart($0, $1, extents, origin)
      })
  }

  /// The same memory with its dimensions in another order: dimension `i` becomes `order[i]`. Wraps
  /// `dnnl_memory_desc_permute_axes`.
  func permuted(_ order: [Int32]) throws(LibraryFailure) -> MemoryDescriptor {
    MemoryDescriptor(
      try unsafe handle.derived("COneDNN_layoutPermuted") {
        unsafe COneDNN_layoutPermuted($0, $1, order)
      })
  }

  /// An image of other extents `[h, w]` in the same layout.
  func resized(_ size: [Int]) throws(LibraryFailure) -> MemoryDescriptor {
    switch layout {
    case .blocked, .channelsLast, .plain: rebuilt(dimensions.prefix(2) + size, type)
    default: throw LibraryFailure(call: "COneDNN_layoutsEqual", status: dnnl_unimplemented)
    }
  }

  /// An image `[1, C, h, w]` as `[1, C, 1, h · w]`: pixels lie behind one another in every layout
  /// here.
  func flattened() throws(LibraryFailure) -> MemoryDescriptor {
    try resized([1, dimensions[2] * dimensions[3]])
  }

  /// How the channels of an image lie: how many take turns, and in runs of how many elements. Nil
  /// where only a primitive knows.
  var channelRuns: (interleaved: Int, length: Int)? {
    let pixels = dimensions.dropFirst(2).reduce(1, *)
    switch layout {
    case .plain: return (1, pixels)
    case .channelsLast: return (dimensions[1], pixels * dimensions[1])
    case .blocked: return (Processor.channelBlock, pixels * Processor.channelBlock)
    default: return nil
    }
  }

  /// The number of bytes that the layout takes. Wraps `dnnl_memory_desc_get_size`.
  var byteCount: Int { handle.byteCount }

  static func == (left: MemoryDescriptor, right: MemoryDescriptor) -> Bool {
    left.handle == right.handle
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(dimensions)
    hasher.combine(type.rawValue)
  }

  /// Lends oneDNN's own descriptors of `layouts`.
  static func withHandles<Result>(
    _ layouts: [MemoryDescriptor],
    _ body: ([COneDNN_layout?]) throws(LibraryFailure) -> Result
  ) throws(LibraryFailure) -> Result {
    defer { withExtendedLifetime(layouts) {} }
    return try unsafe body(layouts.map { unsafe $0.handle.pointer })
  }
}

extension ElementType {
  /// oneDNN's name of an 8-bit integer type.
  var oneDNN: dnnl_data_type_t { self == .uint8 ? dnnl_u8 : dnnl_s8 }
}
