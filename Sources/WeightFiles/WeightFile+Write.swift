import HDF5Files
import NumpyFiles
import Safetensors
public import Tensors

/// The formats in which the suite writes tensors for others to read.
public enum WrittenFormat: String, Sendable, CaseIterable {
  /// The suite's own format.
  case safetensors
  /// A NumPy archive of stored arrays.
  case npz
  /// An HDF5 file; a slash in a name leads into a group.
  case hdf5

  /// The format that the end of `path` asks for: `.safetensors`, `.npz`, `.h5` or `.hdf5`; nil for
  /// any other.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    switch path[dot...].lowercased() {
    case ".safetensors": self = .safetensors
    case ".npz": self = .npz
    case ".h5", ".hdf5": self = .hdf5
    default: return nil
    }
  }
}

extension WeightFile {
  /// Writes `archive` to `path` in `format`, atomically; the same archive gives the same bytes.
  ///
  /// Throws `FileError`, the format's own error or what reading a tensor throws.
  public static func write(
    _ archive: TensorArchive, to path: String, as format: WrittenFormat
  ) throws {
    switch format {
    case .safetensors: try SafetensorsFile.write(archive, to: path)
    case .npz: try NumpyFile.write(archive, to: path)
    case .hdf5: try HDF5File.write(archive, to: path)
    }
  }
}
