public import Files
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

  /// Reads the datasets of the file at `path`.
  ///
  /// Groups come depth first, the names in each in the order of their bytes. Throws as
  /// ``contents(_:by:limits:)`` does.
  public static func read(
    _ path: String, by reader: HDF5Reader = .inProcess, limits: ReadingLimits = .standard
  ) throws -> TensorArchive {
    try contents(path, by: reader, limits: limits).archive
  }

  /// Reads the file at `path` with the texts that are attached to its groups.
  ///
  /// Throws `FileError`, `IsolationError`, ``HDF5Error`` or `TensorError`.
  public static func contents(
    _ path: String, by reader: HDF5Reader = .inProcess, limits: ReadingLimits = .standard
  ) throws -> HDF5Contents {
    let file = try FileBytes(path: path)
    return try contents(
      of: TensorBytes(of: file, in: 0..<file.count), path: path, by: reader, limits: limits)
  }

  /// Reads a file whose bytes are `image`; messages call it `path`.
  ///
  /// Throws as ``contents(_:by:limits:)`` does.
  public static func contents(
    of image: TensorBytes, path: String, by reader: HDF5Reader = .inProcess,
    limits: ReadingLimits = .standard
  ) throws -> HDF5Contents {
    guard image.withBytes({ recognizes($0) }) else { throw HDF5Error.notHDF5(path: path) }
    let source = HDF5Source(path: path, bytes: image)
    guard case .confined(let program) = reader else {
      let walk = try HDF5Walk(source, limits: limits)
      return HDF5Contents(
        archive: try TensorArchive(walk.datasets.map { $0.entry(of: source) }),
        paths: walk.datasets.map(\.path), attributes: walk.attributes)
    }
    return try HDF5Child.contents(of: source, limits: limits, by: program)
  }

  /// What the dataset at the path `object` is called, as in `Encoder_M.conv1.weight`.
  static func name(ofObject object: String) -> String {
    object.split(separator: "/").joined(separator: ".")
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
