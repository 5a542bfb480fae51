import CHDF5
import Files
public import Tensors

extension HDF5File {
  /// Writes the tensors of `archive`, which are in binary32, as datasets of an HDF5 file,
  /// atomically; the same archive always gives the same bytes.
  ///
  /// A slash in a name leads into a group: `memorize/Encoder_M.conv1` is the dataset
  /// `Encoder_M.conv1` of the group `/memorize`. The file is made in memory (wraps
  /// `H5Pset_fapl_core` and `H5Fget_file_image`). Throws
  /// ``HDF5Error/unwritable(path:object:reason:)``, `FileError` or what reading a tensor throws;
  /// whatever was at `path` then stays.
  public static func write(_ archive: TensorArchive, to path: String) throws {
    let tensors = try archive.entries.map { entry in
      guard entry.elementType == .float32 else {
        throw HDF5Error.unwritable(
          path: path, object: entry.name,
          reason: "expected elements in F32, found \(entry.elementType.rawValue)")
      }
      return (name: entry.name, tensor: try entry.tensor())
    }
    let image = try HDF5Library.withLibrary { () throws(HDF5Error) in
      let place = HDF5Place(file: path, object: "/")
      let file = try HDF5Handle(creatingImageAt: place)
      for (name, tensor) in tensors {
        try file.add(tensor, at: HDF5Place(file: path, object: name))
      }
      return try file.image(at: place)
    }
    try AtomicFile.write(image, to: path)
  }
}

extension HDF5Handle {
  /// Creates a file in memory, which is gone when the handle is closed.
  fileprivate init(creatingImageAt place: HDF5Place) throws(HDF5Error) {
    let access = try HDF5Handle(
      H5Pcreate(chdf5_H5P_FILE_ACCESS()), closedBy: H5Pclose, at: place)
    try place.check(H5Pset_fapl_core(access.id, 1 << 24, false))
    try place.check(H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG))
    try self.init(
      unsafe H5Fcreate("/dev/null/image", chdf5_H5F_ACC_TRUNC(), hid_t(H5P_DEFAULT), access.id),
      closedBy: H5Fclose, at: place)
  }

  /// Adds a dataset and the groups above it, without times of change (wraps `H5Dcreate2`,
  /// `H5Dwrite`).
  fileprivate borrowing func add(_ tensor: Tensor, at place: HDF5Place) throws(HDF5Error) {
    let links = try HDF5Handle(
      H5Pcreate(chdf5_H5P_LINK_CREATE()), closedBy: H5Pclose, at: place)
    try place.check(H5Pset_create_intermediate_group(links.id, 1))
    try place.check(H5Pset_char_encoding(links.id, H5T_CSET_UTF8))
    let creation = try HDF5Handle(
      H5Pcreate(chdf5_H5P_DATASET_CREATE()), closedBy: H5Pclose, at: place)
    try place.check(H5Pset_obj_track_times(creation.id, false))
    let extents = tensor.shape.dimensions.map { hsize_t($0) }
    let space = try HDF5Handle(
      extents.isEmpty
        ? H5Screate(H5S_SCALAR) : unsafe H5Screate_simple(Int32(extents.count), extents, nil),
      closedBy: H5Sclose, at: place)
    let dataset = try HDF5Handle(
      unsafe H5Dcreate2(
        id, place.object, chdf5_H5T_IEEE_F32LE(), space.id, links.id, creation.id,
        hid_t(H5P_DEFAULT)),
      closedBy: H5Dclose, at: place)
    let status = tensor.bytes.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe H5Dwrite(
          dataset.id, chdf5_H5T_IEEE_F32LE(), hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT),
          buffer.baseAddress)
      }
    }
    try place.check(tensor.shape.elementCount > 0 ? status : 0)
  }

  /// The bytes of the file.
  fileprivate borrowing func image(at place: HDF5Place) throws(HDF5Error) -> [UInt8] {
    try place.check(H5Fflush(id, H5F_SCOPE_GLOBAL))
    let count = try place.check(H5Fget_file_image(id, nil, 0))
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let status = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe H5Fget_file_image(id, buffer.baseAddress, buffer.count)
    }
    try place.check(status)
    return bytes
  }
}
