public import Files

/// What can be wrong with an .onnx file.
public enum OnnxError: DiagnosticError, Equatable {
  /// The file does not start like a serialized ONNX model.
  case notOnnx(path: String)
  /// The file is larger than a serialized protocol buffer can be.
  case tooLarge(path: String, bytes: Int)
  /// The wire format is broken at byte `offset`: the file ends early, or is damaged.
  case malformedMessage(path: String, offset: Int, reason: String)
  /// libprotobuf-c refuses the message; it does not say why.
  case refusedMessage(path: String)
  /// The model lacks a part that every model has, or contradicts itself.
  case malformedModel(path: String, reason: String)
  /// A tensor contradicts itself.
  case malformedTensor(path: String, tensor: String, reason: String)
  /// A tensor is stored in a way that the suite cannot read.
  case unsupportedTensor(path: String, tensor: String, reason: String)
  /// Two nodes make the same value, or a node makes an input or an initializer.
  case madeTwice(path: String, value: String)
  /// A value is read that neither the graph is given nor a node makes.
  case unknownValue(path: String, value: String, reader: String)
  /// Nodes wait for one another: each of `values` is made from the next, the last from the first.
  case cycle(path: String, values: [String])
  /// A node calls a function that the model defines.
  case functionCall(path: String, node: String, function: String)
  /// The elements of a tensor stand in a file beside the model, which cannot be used.
  case externalFile(path: String, tensor: String, FileError)
  /// The file asks for more than the limits of reading allow.
  case beyondLimit(FileError)
  /// A model to be written is larger than a serialized protocol buffer can be.
  case cannotHold(path: String, bytes: Int)
  /// A file that was written does not hold, from byte `offset` on, what was written.
  case readBack(path: String, offset: Int)

  public var description: String {
    switch self {
    case .notOnnx(let path): "\(path): expected an ONNX model, found something else"
    case .tooLarge(let path, let bytes):
      "\(path): expected at most \(OnnxFile.maximumBytes) bytes, found \(bytes)"
    case .malformedMessage(let path, let offset, let reason): "\(path): byte \(offset): \(reason)"
    case .refusedMessage(let path):
      "\(path): libprotobuf-c cannot parse the message or has no memory left for it"
    case .malformedModel(let path, let reason): "\(path): \(reason)"
    case .malformedTensor(let path, let tensor, let reason),
      .unsupportedTensor(let path, let tensor, let reason):
      "\(path): tensor '\(tensor)': \(reason)"
    case .madeTwice(let path, let value): "\(path): value '\(value)' is made twice, expected once"
    case .unknownValue(let path, let value, let reader):
      "\(path): \(reader) reads value '\(value)', which nothing makes"
    case .cycle(let path, let values):
      "\(path): the graph is circular: "
        + values.prefix(4).map { "'\($0)'" }.joined(separator: " is made from ")
        + (values.count > 4 ? " and so on" : "") + ", \(values.count) values in all"
    case .functionCall(let path, let node, let function):
      "\(path): node '\(node)' calls the function '\(function)', which is not supported"
    case .externalFile(let path, let tensor, let error):
      "\(path): tensor '\(tensor)': its elements are in another file: \(error)"
    case .beyondLimit(let error): error.description
    case .cannotHold(let path, let bytes):
      "\(path): expected a model of at most \(OnnxFile.maximumBytes) bytes, found one of \(bytes)"
    case .readBack(let path, let offset):
      "\(path): expected to read back what was written, found other bytes from byte \(offset) on"
    }
  }

  public var fault: Fault {
    switch self {
    case .externalFile(_, _, .notARegularFile): .malformedInput
    case .externalFile(_, _, let error): error.fault
    case .readBack: .inputOutput
    default: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .unsupportedTensor: "convert the tensor to a dense number type in the tool that wrote it"
    case .tooLarge:
      "save the model with its weights as external data, for example with onnx.save_model(…, "
        + "save_as_external_data=True)"
    case .beyondLimit(let error): error.hint
    case .externalFile(_, _, .notContained):
      "put copies of the data files themselves beside the model, under the names that the exporter "
        + "gave (from a cache of links, as Hugging Face's is, with cp -rL), or name their folder with "
        + "--external-data-root"
    case .externalFile:
      "keep the data files beside the model, as plain files under the names that the exporter gave"
    case .functionCall:
      "replace functions by their nodes, for example with onnx.inliner.inline_local_functions"
    case .cannotHold: "write a smaller precision: stm-quantize MODEL -o SMALLER --precision int8"
    case .readBack: "check the disk; nothing was left there"
    case .notOnnx, .malformedMessage, .refusedMessage, .malformedModel, .malformedTensor,
      .madeTwice, .unknownValue, .cycle:
      "the file is damaged or is not ONNX; copy it or export it again"
    }
  }
}
