import CHDF5
import Tensors

/// A dataset of numbers, checked; its elements are read when they are asked for.
struct HDF5Dataset {
  /// The type of its elements.
  let elementType: ElementType
  /// Its dimensions, outermost first.
  let shape: Shape

  /// Where the elements are in the file as they are: in one piece, little-endian; nil otherwise.
  let place: Range<Int>?

  /// The number of bytes of its elements.
  var byteCount: Int { shape.elementCount * elementType.byteCount }

  /// Checks the open `dataset` of a file of `fileSize` bytes. Throws ``HDF5Error``.
  init(
    _ dataset: borrowing HDF5Handle, at place: HDF5Place, fileSize: Int
  ) throws(HDF5Error) {
    let type = try HDF5Handle(H5Dget_type(dataset.id), closedBy: H5Tclose, at: place)
    elementType = try ElementType(type, at: place)
    shape = try Self.shape(of: dataset, at: place)
    let storage = try HDF5Storage(of: dataset, rank: shape.rank, at: place)
    let byteCount = shape.elementCount * elementType.byteCount
    self.place = try storage.place(
      of: dataset, isLittle: elementType.byteCount == 1 || H5Tget_order(type.id) == H5T_ORDER_LE,
      byteCount: byteCount, fileSize: fileSize, at: place)
    try storage.check(
      byteCount: byteCount, width: elementType.byteCount,
      fileSize: fileSize, at: place)
  }

  /// Reads the elements of the dataset `object` of `source`, little-endian.
  ///
  /// Throws ``HDF5Error`` or `TensorError`.
  func tensor(at object: String, of source: HDF5Source) throws -> Tensor {
    if let place {
      return try Tensor(elementType: elementType, shape: shape, bytes: source.bytes.part(place))
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try HDF5Library.withLibrary { () throws(HDF5Error) in
      try source.withFile { (file) throws(HDF5Error) in
        try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(HDF5Error) in
          try unsafe read(
            object, of: file, path: source.path, into: UnsafeMutableRawBufferPointer(buffer))
        }
      }
    }
    return try Tensor(elementType: elementType, shape: shape, bytes: TensorBytes(bytes))
  }

  /// Reads the elements of the dataset `object` of the open `file` into `buffer`, which they fill
  /// (wraps `H5Dread`, which also turns the bytes around).
  func read(
    _ object: String, of file: borrowing HDF5Handle, path: String,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(HDF5Error) {
    guard unsafe !buffer.isEmpty else { return }
    let place = HDF5Place(file: path, object: object)
    let dataset = try HDF5Handle(
      unsafe H5Dopen2(file.id, object, hid_t(H5P_DEFAULT)), closedBy: H5Dclose, at: place)
    let fileType = try HDF5Handle(H5Dget_type(dataset.id), closedBy: H5Tclose, at: place)
    let type = try HDF5Handle(H5Tcopy(fileType.id), closedBy: H5Tclose, at: place)
    if elementType.byteCount > 1 { try place.check(H5Tset_order(type.id, H5T_ORDER_LE)) }
    try place.check(
      unsafe H5Dread(
        dataset.id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer.baseAddress
      ))
  }

  private static func shape(
    of dataset: borrowing HDF5Handle, at place: HDF5Place
  ) throws(HDF5Error) -> Shape {
    let space = try HDF5Handle(H5Dget_space(dataset.id), closedBy: H5Sclose, at: place)
    guard H5Sget_simple_extent_type(space.id) != H5S_NULL else {
      throw place.unsupported("a dataset without a shape")
    }
    let rank = Int(try place.check(H5Sget_simple_extent_ndims(space.id)))
    var extents = [hsize_t](repeating: 0, count: rank)
    try place.check(unsafe H5Sget_simple_extent_dims(space.id, &extents, nil))
    do throws(TensorError) {
      return try Shape(checking: extents.map { Int(clamping: $0) })
    } catch { throw place.malformed(error.description) }
  }
}
