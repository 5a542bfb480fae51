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

  /// oneDNN's own descriptor; all of it is values.
  private(set) var raw: dnnl_memory_desc_t

  /// A descriptor. Wraps `dnnl_memory_desc_init_by_tag` and `dnnl_memory_desc_init_by_strides`.
  init(
    _ dimensions: [Int], _ type: dnnl_data_type_t, _ layout: Layout
  ) throws(LibraryFailure) {
    self.dimensions = dimensions
    raw = dnnl_memory_desc_t()
    let (rank, extents) = (Int32(dimensions.count), dimensions.map(dnnl_dim_t.init))
    let tag: dnnl_format_tag_t
    switch layout {
    case .plain: tag = Self.plainTags[dimensions.count - 1]
    case .channelsLast: tag = Self.channelsLastTags[dimensions.count - 3]
    case .blocked:
      let tags = Processor.channelBlock == 16 ? Self.blocks16Tags : Self.blocks8Tags
      tag = tags[dimensions.count - 3]
    case .kernelBlocks:
      tag =
        type == dnnl_bf16
        ? dnnl_OIhw8i16o2i : Processor.channelBlock == 16 ? dnnl_OIhw16i16o : dnnl_OIhw8i8o
    case .any: tag = dnnl_format_tag_any
    case .strides(let strides):
      try unsafe check(
        "dnnl_memory_desc_init_by_strides",
        dnnl_memory_desc_init_by_strides(
          &raw, rank, extents, type, strides.map(dnnl_dim_t.init)))
      return
    }
    try unsafe check(
      "dnnl_memory_desc_init_by_tag",
      dnnl_memory_desc_init_by_tag(&raw, rank, extents, type, tag))
  }

  /// What a primitive descriptor answered.
  init(_ raw: dnnl_memory_desc_t) {
    self.raw = raw
    let count = Int(raw.ndims)
    dimensions = unsafe withUnsafeBytes(of: raw.dims) { dims in
      unsafe dims.bindMemory(to: dnnl_dim_t.self).prefix(count).map(Int.init)
    }
  }

  /// No memory at all, as for the bias of a convolution without one.
  static var none: MemoryDescriptor { MemoryDescriptor(dnnl_memory_desc_t()) }

  /// The type of the elements.
  var type: dnnl_data_type_t { raw.data_type }

  /// The same extents and layout with elements of another type.
  func with(_ type: dnnl_data_type_t) -> MemoryDescriptor {
    var other = self
    other.raw.data_type = type
    return other
  }

  /// The same layout for `count` objects: they lie behind one another in every layout here.
  func with(objects count: Int) -> MemoryDescriptor {
    var other = raw
    other.dims.0 = dnnl_dim_t(count)
    other.padded_dims.0 = dnnl_dim_t(count)
    return MemoryDescriptor(other)
  }

  /// The part of the same memory that begins at its first element and has these extents. Wraps
  /// `dnnl_memory_desc_init_submemory`.
  func part(_ dimensions: [Int]) throws(LibraryFailure) -> MemoryDescriptor {
    var (part, whole) = (dnnl_memory_desc_t(), raw)
    let origin = [dnnl_dim_t](repeating: 0, count: dimensions.count)
    try unsafe check(
      "dnnl_memory_desc_init_submemory",
      dnnl_memory_desc_init_submemory(&part, &whole, dimensions.map(dnnl_dim_t.init), origin))
    return MemoryDescriptor(part)
  }

  /// The same memory with its dimensions in another order: dimension `i` becomes `order[i]`. Wraps
  /// `dnnl_memory_desc_permute_axes`.
  func permuted(_ order: [Int32]) throws(LibraryFailure) -> MemoryDescriptor {
    var (permuted, own) = (dnnl_memory_desc_t(), raw)
    try unsafe check(
      "dnnl_memory_desc_permute_axes", dnnl_memory_desc_permute_axes(&permuted, &own, order))
    return MemoryDescriptor(permuted)
  }

  /// Which of the layouts of images this one is.
  private var imageLayout: Layout {
    get throws(LibraryFailure) {
      for layout in [Layout.blocked, .channelsLast, .plain]
      where try MemoryDescriptor(dimensions, type, layout) == self {
        return layout
      }
      throw LibraryFailure(call: "dnnl_memory_desc_equal", status: dnnl_unimplemented)
    }
  }

  /// An image of other extents `[h, w]` in the same layout.
  func resized(_ size: [Int]) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(dimensions.prefix(2) + size, type, imageLayout)
  }

  /// An image `[1, C, h, w]` as `[1, C, 1, h · w]`: pixels lie behind one another in every layout
  /// here.
  func flattened() throws(LibraryFailure) -> MemoryDescriptor {
    try resized([1, dimensions[2] * dimensions[3]])
  }

  /// The number of bytes that the layout takes. Wraps `dnnl_memory_desc_get_size`.
  var byteCount: Int {
    var raw = raw
    return unsafe dnnl_memory_desc_get_size(&raw)
  }

  static func == (left: MemoryDescriptor, right: MemoryDescriptor) -> Bool {
    var (left, right) = (left.raw, right.raw)
    return unsafe dnnl_memory_desc_equal(&left, &right) != 0
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(dimensions)
    hasher.combine(raw.data_type.rawValue)
  }

  private static let plainTags = [dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde, dnnl_abcdef]
  private static let channelsLastTags = [dnnl_nwc, dnnl_nhwc, dnnl_ndhwc]
  private static let blocks16Tags = [dnnl_nCw16c, dnnl_nChw16c, dnnl_nCdhw16c]
  private static let blocks8Tags = [dnnl_nCw8c, dnnl_nChw8c, dnnl_nCdhw8c]
}

extension ElementType {
  /// oneDNN's name of an 8-bit integer type.
  var oneDNN: dnnl_data_type_t { self == .uint8 ? dnnl_u8 : dnnl_s8 }
}
