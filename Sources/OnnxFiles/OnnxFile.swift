public import Files
public import Tensors

/// Reads models in the ONNX format: their weights and their graph.
///
///     ModelProto                                       (Schemas/onnx.proto)
///       ir_version, producer_name, producer_version
///       opset_import*    domain, version
///       graph            GraphProto
///         node*          op_type, domain, the names of inputs and outputs, attributes
///         initializer*   TensorProto: name, dims, data_type, and the elements in one of raw_data,
///                        float_data, int32_data, int64_data, double_data, uint64_data, or in
///                        a file beside the model: external_data
///         input*, output*
///       functions*       FunctionProto
///
/// A file is one serialized `ModelProto`: see `ProtobufWireScan` for its bytes.
public enum OnnxFile {
  /// The largest file that is accepted, in bytes: the limit of protocol buffers.
  public static let maximumBytes = Int(Int32.max)

  /// Reads the model at `path`.
  ///
  /// Tensors of raw data and of external data are parts of the mapped files; lists of numbers
  /// are made into bytes when they are asked for. Files beside the model are opened within its
  /// folder only, as `FileBytes(contained:in:)` does, or within the one at `dataRoot`.
  ///
  /// Throws `FileError`, ``OnnxError`` or `TensorError`.
  public static func read(
    _ path: String, dataRoot: String? = nil, limits: ReadingLimits = .standard
  ) throws -> OnnxModel {
    let file = try FileBytes(path: path)
    guard file.withBytes({ recognizes($0) }) else { throw OnnxError.notOnnx(path: path) }
    return try OnnxModel(OnnxMessage(parsing: file, dataRoot: dataRoot, limits: limits))
  }

  /// Reads the tensor at `path`: a serialized `TensorProto`, as ONNX's test data are.
  ///
  /// Throws `FileError`, ``OnnxError`` or `TensorError`.
  public static func readTensor(
    _ path: String, limits: ReadingLimits = .standard
  ) throws -> TensorArchive.Entry {
    try OnnxTensorMessage(parsing: FileBytes(path: path), limits: limits).entry()
  }

  /// Whether `bytes`, the first of a file, can be those of an ONNX model.
  ///
  /// The format has no signature: ask the formats that have one first.
  public static func recognizes(_ bytes: RawSpan) -> Bool {
    unsafe OnnxMessage.withSchema { schema in
      unsafe ProtobufWireScan.canStart(with: bytes, schema, upTo: graphNumber)
    }
  }

  /// The field of `ModelProto` that every model has; tools write them in this order.
  private static let graphNumber: UInt32 = 7
}
