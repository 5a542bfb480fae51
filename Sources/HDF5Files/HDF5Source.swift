import CHDF5
import Tensors

/// The bytes of an HDF5 file.
struct HDF5Source: Sendable {
  /// The path of the file, or of the file that holds it, for messages.
  let path: String
  /// The bytes.
  let bytes: TensorBytes

  /// Opens the file for reading while `body` runs. Throws ``HDF5Error``.
  ///
  /// The library reads it as an image in memory, and no file of the system.
  func withFile<Result>(
    _ body: (borrowing HDF5Handle) throws(HDF5Error) -> Result
  ) throws(HDF5Error) -> Result {
    let place = HDF5Place(file: path, object: "/")
    return try bytes.withBytes { (bytes) throws(HDF5Error) in
      try unsafe bytes.withUnsafeBytes { (buffer) throws(HDF5Error) in
        try unsafe body(try HDF5Handle(opening: buffer, at: place))
      }
    }
  }
}

extension HDF5Source {
  /// Lends `body` the elements of one dataset after another, little-endian. Throws ``HDF5Error``.
  func read(_ datasets: [HDF5Walk.Found], _ body: (RawSpan) -> Void) throws(HDF5Error) {
    try HDF5Library.withLibrary { () throws(HDF5Error) in
      try withFile { (file) throws(HDF5Error) in
        var bytes = [UInt8](repeating: 0, count: datasets.map(\.dataset.byteCount).max() ?? 0)
        for found in datasets {
          let range = 0..<found.dataset.byteCount
          try unsafe bytes.withUnsafeMutableBufferPointer { (buffer) throws(HDF5Error) in
            try unsafe found.dataset.read(
              found.place, of: file, path: path,
              into: UnsafeMutableRawBufferPointer(
                UnsafeMutableBufferPointer(rebasing: buffer[range])))
          }
          unsafe body(bytes.span.bytes.extracting(range))
        }
      }
    }
  }
}

extension HDF5Handle {
  /// What an image is called: the library refuses to call it as a file that is there.
  private static let noFile = "/dev/null/image"

  /// Opens the file whose bytes are `image`, which must stay until the handle is closed.
  ///
  /// Nothing is copied: where the library asks for room for the image it is given the image itself
  /// (wraps `H5Pset_fapl_core`, `H5Pset_file_image_callbacks` and `H5Pset_file_image`).
  fileprivate init(
    opening image: UnsafeRawBufferPointer, at place: HDF5Place
  ) throws(HDF5Error) {
    let list = try HDF5Handle(
      H5Pcreate(chdf5_H5P_FILE_ACCESS()), closedBy: H5Pclose, at: place)
    let start = unsafe UnsafeMutableRawPointer(mutating: image.baseAddress)
    var callbacks = unsafe H5FD_file_image_callbacks_t(
      image_malloc: { _, _, start in unsafe start },
      image_memcpy: { target, _, _, _, _ in unsafe target },
      image_realloc: { _, _, _, _ in nil },
      image_free: { _, _, _ in 0 },
      udata_copy: { start in unsafe start },
      udata_free: { _ in 0 },
      udata: start)
    try place.check(H5Pset_fapl_core(list.id, 1 << 16, false))
    try place.check(H5Pset_fclose_degree(list.id, H5F_CLOSE_STRONG))
    try place.check(unsafe H5Pset_file_image_callbacks(list.id, &callbacks))
    try place.check(unsafe H5Pset_file_image(list.id, start, image.count))
    try self.init(
      unsafe H5Fopen(Self.noFile, chdf5_H5F_ACC_RDONLY(), list.id), closedBy: H5Fclose, at: place)
  }
}
