public import Files
import Isolation
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
    let file = try file(path)
    switch reader {
    case .inProcess:
      let place = HDF5Place(file: path, object: "/")
      return try contents(
        HDF5Source(path: path, byteCount: file.count, image: nil),
        heaps: file.withBytes { (bytes) throws(HDF5Error) in
          try HDF5Heaps(in: bytes, at: place) { file.releasePages() }
        }, limits: limits)
    case .confined(let program):
      let open = try file.opened()
      return try HDF5Child.contents(
        of: open.descriptor, byteCount: file.count, path: path, limits: limits, by: program)
    }
  }

  /// Reads a file whose bytes are `image`; messages call it `path`.
  ///
  /// In this process nothing is copied. Throws as ``contents(_:by:limits:)`` does.
  public static func contents(
    of image: TensorBytes, path: String, by reader: HDF5Reader = .inProcess,
    limits: ReadingLimits = .standard
  ) throws -> HDF5Contents {
    guard image.withBytes({ recognizes($0) }) else { throw HDF5Error.notHDF5(path: path) }
    switch reader {
    case .inProcess:
      let place = HDF5Place(file: path, object: "/")
      return try contents(
        HDF5Source(path: path, byteCount: image.count, image: image),
        heaps: image.withBytes { (bytes) throws(HDF5Error) in
          try HDF5Heaps(in: bytes, at: place) {}
        }, limits: limits)
    case .confined(let program):
      let memory = try MemoryFile(for: path)
      try image.withBytes { (bytes) throws(FileError) in try memory.append(bytes) }
      return try HDF5Child.contents(
        of: memory.descriptor, byteCount: image.count, path: path, limits: limits, by: program)
    }
  }

  private static func file(_ path: String) throws -> FileBytes {
    let file = try FileBytes(path: path)
    guard file.withBytes({ recognizes($0) }) else { throw HDF5Error.notHDF5(path: path) }
    return file
  }

  private static func contents(
    _ source: HDF5Source, heaps: HDF5Heaps, limits: ReadingLimits
  ) throws -> HDF5Contents {
    let walk = try HDF5Library.withLibrary { () throws(HDF5Error) in
      try HDF5Walk(source, heaps: heaps, limits: limits)
    }
    let entries = walk.datasets.map { found in
      TensorArchive.Entry(
        name: name(ofObject: found.path), elementType: found.dataset.elementType,
        shape: found.dataset.shape, source: source.path
      ) { try found.dataset.tensor(at: found.place, of: source) }
    }
    return HDF5Contents(
      archive: try TensorArchive(entries), paths: walk.datasets.map(\.path),
      attributes: walk.attributes)
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
