import COneDNN

extension MemoryDescriptor {
  /// Owns a memory descriptor of oneDNN's, which never changes.
  @safe final class Handle: Equatable, @unchecked Sendable {
    let pointer: COneDNN_layout

    /// What `create` stores through its pointer, which can fail for want of memory alone; `call`
    /// is the name of what it calls.
    convenience init(
      _ call: StaticString, _ create: (UnsafeMutablePointer<COneDNN_layout?>) -> dnnl_status_t
    ) {
      guard let pointer = unsafe try? made(call, create) else {
        preconditionFailure("\(call): out of memory")
      }
      unsafe self.init(pointer)
    }

    private init(_ pointer: COneDNN_layout) { unsafe self.pointer = unsafe pointer }

    /// Wraps `dnnl_memory_desc_create_with_tag` and `dnnl_memory_desc_create_with_strides`.
    convenience init(
      _ dimensions: [Int], _ type: dnnl_data_type_t, _ layout: Layout
    ) throws(LibraryFailure) {
      let (rank, extents) = (Int32(dimensions.count), dimensions.map(dnnl_dim_t.init))
      if case .strides(let strides) = layout {
        let strides = strides.map(dnnl_dim_t.init)
        try unsafe self.init(
          made("COneDNN_layoutWithStrides") {
            unsafe COneDNN_layoutWithStrides($0, rank, extents, type, strides)
          })
        return
      }
      let tag = layout.tag(rank: dimensions.count, type)
      try unsafe self.init(
        made("COneDNN_layoutWithTag") {
          unsafe COneDNN_layoutWithTag($0, rank, extents, type, tag)
        })
    }

    deinit { unsafe COneDNN_layoutDestroy(pointer) }

    /// What `derive` makes of this descriptor; `call` is the name of what it calls.
    func derived(
      _ call: StaticString,
      _ derive: (UnsafeMutablePointer<COneDNN_layout?>, COneDNN_layout) -> dnnl_status_t
    ) throws(LibraryFailure) -> Handle {
      unsafe Handle(try made(call) { unsafe derive($0, pointer) })
    }

    /// The extents. Wraps `dnnl_memory_desc_query`.
    var dimensions: [Int] {
      let count = Int(unsafe COneDNN_layoutRank(pointer))
      return unsafe UnsafeBufferPointer(start: COneDNN_layoutExtents(pointer), count: count)
        .map(Int.init)
    }

    /// The type of the elements. Wraps `dnnl_memory_desc_query`.
    var type: dnnl_data_type_t { unsafe COneDNN_layoutType(pointer) }

    /// Wraps `dnnl_memory_desc_get_size`.
    var byteCount: Int { unsafe COneDNN_layoutSize(pointer) }

    static func == (left: Handle, right: Handle) -> Bool {
      unsafe COneDNN_layoutsEqual(left.pointer, right.pointer) != 0
    }
  }
}

extension MemoryDescriptor.Layout {
  /// oneDNN's name of the layout for tensors of `rank` dimensions and elements of `type`.
  fileprivate func tag(rank: Int, _ type: dnnl_data_type_t) -> dnnl_format_tag_t {
    let isWide = Processor.channelBlock == 16
    return switch self {
    case .plain: Self.plainTags[rank - 1]
    case .channelsLast: Self.channelsLastTags[rank - 3]
    case .blocked: (isWide ? Self.blocks16Tags : Self.blocks8Tags)[rank - 3]
    case .kernelBlocks:
      type == dnnl_bf16 ? dnnl_OIhw8i16o2i : isWide ? dnnl_OIhw16i16o : dnnl_OIhw8i8o
    case .any: dnnl_format_tag_any
    case .strides: dnnl_format_tag_undef
    }
  }

  private static let plainTags = [dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde, dnnl_abcdef]
  private static let channelsLastTags = [dnnl_nwc, dnnl_nhwc, dnnl_ndhwc]
  private static let blocks16Tags = [dnnl_nCw16c, dnnl_nChw16c, dnnl_nCdhw16c]
  private static let blocks8Tags = [dnnl_nCw8c, dnnl_nChw8c, dnnl_nCdhw8c]
}
