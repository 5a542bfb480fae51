import Files
public import Tensors

/// Reads the datasets of HDF5 files, with libhdf5.
///
///     8 bytes   the signature, at byte 0, 512, 1024, 2048, ...
///     ...       groups of named links to groups and datasets
///
/// A dataset's name is its path with dots, so that `/Encoder_M/conv1/weight` and a dataset that is
/// called `Encoder_M.conv1.weight` have the same. Attributes and committed types are not looked at.
public enum HDF5File {
  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Reads the file at `path`; elements are read when they are asked for, while the file must stay.
  ///
  /// Groups come depth first, the names in each in the order of their bytes. Throws `FileError`,
  /// ``HDF5Error`` or `TensorError`.
  public static func read(_ path: String) throws -> TensorArchive {
    let file = try FileBytes(path: path)
    guard file.withBytes({ recognizes($0) }) else { throw HDF5Error.notHDF5(path: path) }
    let fileSize = file.count
    let datasets = try HDF5Library.withLibrary { () throws(HDF5Error) in
      try HDF5Walk(path: path, fileSize: fileSize).datasets
    }
    let entries = datasets.map { object, dataset in
      let place = HDF5Place(file: path, object: object)
      return TensorArchive.Entry(
        name: object.split(separator: "/").joined(separator: "."),
        elementType: dataset.elementType, shape: dataset.shape, source: path
      ) { try dataset.tensor(at: place, fileSize: fileSize) }
    }
    return try TensorArchive(entries)
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
