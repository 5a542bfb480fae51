public import Files

/// What can keep a file from being read as weights.
public enum WeightFileError: DiagnosticError, Equatable {
  /// The contents are those of no known format; `bytes` are the first.
  case unknownFormat(path: String, bytes: [UInt8])
  /// The file is a sound zip archive, but of no known format; its member `found` is not one of NumPy's.
  case unknownArchive(path: String, found: String)
  /// The file is part of a checkpoint of TensorFlow.
  case tensorFlow(path: String)
  /// The file is well formed and empty of weights.
  case noTensors(path: String)

  public var description: String {
    switch self {
    case .unknownFormat(let path, let bytes):
      "\(path): expected an ONNX, HDF5, Keras, PyTorch, safetensors or NumPy file, found "
        + (bytes.isEmpty
          ? "an empty file"
          : "one that starts with the bytes "
            + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " "))
    case .unknownArchive(let path, let found):
      "\(path): expected a zip archive of PyTorch, which has NAME/data.pkl, of Keras, which has "
        + "config.json and model.weights.h5, or of NumPy, which has nothing but .npy, found one that "
        + "has '\(found.prefix(200))'"
    case .tensorFlow(let path):
      "\(path): expected an ONNX, HDF5, Keras, PyTorch, safetensors or NumPy file, found a part of "
        + "a TensorFlow checkpoint"
    case .noTensors(let path): "\(path): expected tensors, found none"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .unknownFormat:
      "check that the download is complete; where the start of the file is unusual, name its "
        + "format with --from"
    case .unknownArchive: "export the model again in one of these formats, or unpack the archive"
    case .tensorFlow: "load it in Keras and save the model for import: model.save('model.keras')"
    case .noTensors: "export the model again, with its weights"
    }
  }
}
