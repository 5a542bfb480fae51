import CHDF5

/// How the elements of a dataset lie in its file.
///
///     contiguous, compact   the elements, row-major
///     chunked               boxes of elements, each behind the filters shuffle (bytes of equal
///                           weight together), deflate and fletcher32 (a checksum), in any choice
struct HDF5Storage {
  /// The number of bytes that the elements take in the file.
  private let byteCount: UInt64
  /// The number of elements in a chunk; 0 when not chunked.
  private let chunkElementCount: UInt64
  private let isDeflated: Bool
  private let isContiguous: Bool

  /// The most bytes that one byte of deflate can stand for.
  private static let largestDeflateRatio: UInt64 = 1032

  /// Reads how `dataset`, of `rank` dimensions, is stored.
  ///
  /// Throws ``HDF5Error/unsupported(path:object:reason:)`` for other files and other filters.
  init(of dataset: borrowing HDF5Handle, rank: Int, at place: HDF5Place) throws(HDF5Error) {
    let list = try HDF5Handle(H5Dget_create_plist(dataset.id), closedBy: H5Pclose, at: place)
    guard try place.check(H5Pget_external_count(list.id)) == 0 else {
      throw place.unsupported("its elements are in other files")
    }
    let layout = H5Pget_layout(list.id)
    isContiguous = layout == H5D_CONTIGUOUS
    switch layout {
    case H5D_CHUNKED: chunkElementCount = try Self.chunkElementCount(list, rank: rank, at: place)
    case H5D_CONTIGUOUS, H5D_COMPACT: chunkElementCount = 0
    case H5D_VIRTUAL: throw place.unsupported("a virtual dataset")
    case let layout: throw place.unsupported("layout \(layout.rawValue)")
    }
    isDeflated = try Self.filters(list, at: place).contains(H5Z_FILTER_DEFLATE)
    byteCount = H5Dget_storage_size(dataset.id)
  }

  /// Where the `needed` bytes of elements of the open `dataset` are in the file, where they are there
  /// as they are; nil otherwise (wraps `H5Dget_offset`).
  ///
  /// Throws ``HDF5Error/malformed(path:object:reason:)`` where they would not be in the file.
  func place(
    of dataset: borrowing HDF5Handle, isLittle: Bool, byteCount needed: Int, fileSize: Int,
    at place: HDF5Place
  ) throws(HDF5Error) -> Range<Int>? {
    guard isContiguous, isLittle, needed > 0, byteCount >= needed else { return nil }
    let offset = H5Dget_offset(dataset.id)
    guard let start = Int(exactly: offset), start <= fileSize, needed <= fileSize - start else {
      throw place.malformed(
        "expected \(needed) bytes of elements from byte \(offset) on, "
          + "found a file of \(fileSize) bytes")
    }
    return start..<start + needed
  }

  /// Checks that `byteCount` bytes of elements of `width` bytes can come out of the file, so that
  /// as many may be asked of memory.
  func check(
    byteCount needed: Int, width: Int, fileSize: Int, at place: HDF5Place
  ) throws(HDF5Error) {
    guard needed > 0 else { return }
    let stored = min(byteCount, UInt64(fileSize))
    let limit = stored.multipliedReportingOverflow(by: isDeflated ? Self.largestDeflateRatio : 1)
    let chunk = chunkElementCount.multipliedReportingOverflow(by: UInt64(width))
    guard limit.overflow || UInt64(needed) <= limit.partialValue else {
      throw place.malformed("expected \(needed) bytes of elements, found \(stored) bytes stored")
    }
    guard !chunk.overflow, limit.overflow || chunk.partialValue <= limit.partialValue else {
      throw place.malformed(
        "chunks of \(chunkElementCount) elements: found \(stored) bytes stored in all")
    }
  }

  /// The size of a chunk; libhdf5 1.10 never ends reading chunks of fewer dimensions than `rank`.
  private static func chunkElementCount(
    _ list: borrowing HDF5Handle, rank: Int, at place: HDF5Place
  ) throws(HDF5Error) -> UInt64 {
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let found = Int(try place.check(unsafe H5Pget_chunk(list.id, H5S_MAX_RANK, &extents)))
    guard found == rank else {
      throw place.malformed("expected chunks of \(rank) dimensions, found \(found)")
    }
    var count: UInt64 = 1
    for extent in extents.prefix(rank) {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw place.malformed("impossible chunks \(extents.prefix(rank))") }
      count = product
    }
    return count
  }

  /// The identifiers of the filters, all of them known.
  private static func filters(
    _ list: borrowing HDF5Handle, at place: HDF5Place
  ) throws(HDF5Error) -> [H5Z_filter_t] {
    var filters: [H5Z_filter_t] = []
    for index in 0..<(try place.check(H5Pget_nfilters(list.id))) {
      var settingCount = 0
      var flags: UInt32 = 0
      var settings: UInt32 = 0
      let filter = try place.check(
        unsafe H5Pget_filter2(
          list.id, UInt32(index), &flags, &settingCount, &settings, 0, nil, nil))
      guard [H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32].contains(filter) else {
        throw place.unsupported(
          "filter \(filter): expected deflate (1), shuffle (2) or fletcher32 (3)")
      }
      filters.append(filter)
    }
    return filters
  }
}
