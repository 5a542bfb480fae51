public import Files
public import HDF5Files
import KerasFiles
import NumpyFiles
import OnnxFiles
import PyTorchFiles
import Safetensors
import Tensors
import ZipFiles

/// The formats of weights that the suite reads.
public enum WeightFormat: String, Sendable, CaseIterable {
  /// An ONNX model: its initializers.
  case onnx
  /// An HDF5 file: its datasets; or a Keras archive, which holds one.
  case hdf5
  /// A checkpoint of PyTorch.
  case pytorch
  /// The suite's own format.
  case safetensors
  /// A NumPy archive or a single array.
  case npz
}

/// A file of weights in any format that the suite reads.
public enum WeightFile {
  /// Reads the file at `path` in `format`, or in the format that its contents show; `reader` is for
  /// HDF5 and Keras's archives; a stranger's belong into a confined one.
  ///
  /// Data of an ONNX model that is not in files beside it may be in the folder at `dataRoot`. What the
  /// file may ask for is within `limits`, whatever it claims. Throws ``WeightFileError``,
  /// `FileError`, `IsolationError` or the format's own error.
  public static func read(
    _ path: String, as format: WeightFormat? = nil, hdf5By reader: HDF5Reader = .inProcess,
    dataRoot: String? = nil, limits: ReadingLimits = .standard
  ) throws -> WeightSource {
    let format = try format ?? self.format(of: path, limits: limits)
    let source: WeightSource
    switch format {
    case .onnx:
      let model = try OnnxFile.read(path, dataRoot: dataRoot, limits: limits)
      source = WeightSource(
        path: path, format: format, weights: model.weights, structure: .onnx(model))
    case .hdf5:
      source = try readHDF5(path, by: reader, limits: limits)
    case .pytorch:
      source = WeightSource(
        path: path, format: format, weights: try PyTorchFile.read(path, limits: limits))
    case .safetensors:
      source = WeightSource(
        path: path, format: format, weights: try SafetensorsFile.read(path, limits: limits))
    case .npz:
      source = WeightSource(
        path: path, format: format, weights: try NumpyFile.read(path, limits: limits))
    }
    try source.check(against: limits)
    guard !(source.weights.entries.isEmpty && source.weights.unreadable.isEmpty) else {
      throw WeightFileError.noTensors(path: path)
    }
    return source
  }

  private static func readHDF5(
    _ path: String, by reader: HDF5Reader, limits: ReadingLimits
  ) throws -> WeightSource {
    func source(_ model: KerasModel) -> WeightSource {
      WeightSource(path: path, format: .hdf5, weights: model.weights, structure: .keras(model))
    }
    let file = try FileBytes(path: path)
    guard file.withBytes({ HDF5File.recognizes($0) }) else {
      guard let model = try KerasFile.read(path, by: reader, limits: limits) else {
        throw HDF5Error.notHDF5(path: path)
      }
      return source(model)
    }
    let contents = try HDF5File.contents(path, by: reader, limits: limits)
    return try KerasFile.model(in: contents, path: path, limits: limits).map(source)
      ?? WeightSource(path: path, format: .hdf5, weights: contents.archive)
  }

  /// The format of the file at `path`, by its contents; its name does not count.
  ///
  /// Throws ``WeightFileError/unknownFormat(path:bytes:)``,
  /// ``WeightFileError/unknownArchive(path:found:)``, ``WeightFileError/tensorFlow(path:)``,
  /// `FileError`, or `ZipError` where the file starts as an archive that is damaged or beyond
  /// `limits`.
  public static func format(
    of path: String, limits: ReadingLimits = .standard
  ) throws -> WeightFormat {
    let file = try FileBytes(path: path)
    if file.withBytes({ HDF5File.recognizes($0) }) { return .hdf5 }
    if PyTorchFile.recognizes(file, limits: limits) { return .pytorch }
    if KerasFile.recognizes(file, limits: limits) { return .hdf5 }
    if NumpyFile.recognizes(file, limits: limits) { return .npz }
    if SafetensorsFile.recognizes(file) { return .safetensors }
    if ZipArchive.recognizes(file) {
      let names = try ZipArchive(file, limits: limits).members.map(\.name)
      let other = names.first { !$0.hasSuffix(".npy") } ?? ""
      throw WeightFileError.unknownArchive(path: path, found: other)
    }
    if file.withBytes({ OnnxFile.recognizes($0) }) { return .onnx }
    func bytes(in range: Range<Int>) -> [UInt8] {
      file.withBytes(in: range.clamped(to: 0..<file.count)) { bytes in
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
      }
    }
    if bytes(in: file.count - 8..<file.count) == tableMagic
      || bytes(in: 0..<checkpointList.count) == checkpointList
    {
      throw WeightFileError.tensorFlow(path: path)
    }
    throw WeightFileError.unknownFormat(path: path, bytes: bytes(in: 0..<8))
  }

  /// The end of a table of LevelDB, which the `.index` of a checkpoint of TensorFlow is.
  private static let tableMagic: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]

  /// The start of the file `checkpoint` of TensorFlow.
  private static let checkpointList = Array("model_checkpoint_path:".utf8)
}
