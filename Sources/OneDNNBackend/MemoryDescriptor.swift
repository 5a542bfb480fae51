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
