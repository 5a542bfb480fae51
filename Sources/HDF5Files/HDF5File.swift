import Files
public import Tensors

/// Reads and writes the datasets of HDF5 files, with libhdf5.
///
///     8 bytes   the signature, at byte 0, 512, 1024, 2048, ...
///     ...       groups of named links to groups and datasets
///
/// A dataset's name is its path with dots, so that `/Encoder_M/conv1/weight` and a dataset that is
/// called `Encoder_M.conv1.weight` have the same. Committed types are not looked at.
public enum HDF5File {
  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Reads the file at `path`; elements are read when they are asked for, while the file must stay.
  ///
  /// Groups come depth first, the names in each in the order of their bytes. Throws `FileError`,
  /// ``HDF5Error`` or `TensorError`.
  public static func read(_ path: String) throws -> TensorArchive {
    let file = try file(path)
    return try contents(
      HDF5Source(path: path, byteCount: file.count, image: nil), heaps: nil
    ).archive
  }

  /// Reads the file at `path` with the texts that are attached to its groups.
  ///
  /// Elements are read when they are asked for, while the file must stay. Throws `FileError`,
  /// ``HDF5Error`` or `TensorError`.
  public static func contents(_ path: String) throws -> HDF5Contents {
    let file = try file(path)
    let place = HDF5Place(file: path, object: "/")
    return try contents(
      HDF5Source(path: path, byteCount: file.count, image: nil),
      heaps: file.withBytes { (bytes) throws(HDF5Error) in
        try HDF5Heaps(in: bytes, at: place) { file.releasePages() }
      })
  }

  /// Reads a file whose bytes are `image`, which are not copied; messages call it `path`.
  ///
  /// Throws ``HDF5Error`` or `TensorError`.
  public static func contents(of image: TensorBytes, path: String) throws -> HDF5Contents {
    guard image.withBytes({ recognizes($0) }) else { throw HDF5Error.notHDF5(path: path) }
    let place = HDF5Place(file: path, object: "/")
    return try contents(
      HDF5Source(path: path, byteCount: image.count, image: image),
      heaps: image.withBytes { (bytes) throws(HDF5Error) in
        try HDF5Heaps(in: bytes, at: place) {}
      })
  }

  private static func file(_ path: String) throws -> FileBytes {
    let file = try FileBytes(path: path)
    guard file.withBytes({ recognizes($0) }) else { throw HDF5Error.notHDF5(path: path) }
    return file
  }

  private static func contents(_ source: HDF5Source, heaps: HDF5Heaps?) throws -> HDF5Contents {
    let walk = try HDF5Library.withLibrary { () throws(HDF5Error) in
      try HDF5Walk(source, heaps: heaps)
    }
    let entries = walk.datasets.map { object, dataset in
      TensorArchive.Entry(
        name: object.split(separator: "/").joined(separator: "."),
        elementType: dataset.elementType, shape: dataset.shape, source: source.path
      ) { try dataset.tensor(at: object, of: source) }
    }
    return HDF5Contents(
      archive: try TensorArchive(entries), paths: walk.datasets.map(\.path),
      attributes: walk.attributes)
  }

  /// Whether `bytes`, the first of a file, hold the signature.
  public static func recognizes(_ bytes: RawSpan) -> Bool {
    var offset = 0
    while offset <= bytes.byteCount - signature.count {
      let isFound = signature.indices.allSatisfy { index in
        unsafe bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self) == signature[index]
      }
      if isFound { return true }
      offset = max(512, 2 * offset)
    }
    return false
  }
}
