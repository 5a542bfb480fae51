import COnnxSchema
import Files
import Tensors

/// Owns one parsed model. Wraps `onnx__model_proto__unpack` and `onnx__model_proto__free_unpacked`.
@safe final class OnnxMessage: OnnxSource, @unchecked Sendable {  // immutable after init
  private let model: UnsafeMutablePointer<Onnx__ModelProto>
  private let graph: UnsafeMutablePointer<Onnx__GraphProto>

  /// Checks and parses the whole of `file`; data files that are not beside it may be in the folder at
  /// `dataRoot`. Throws ``OnnxError``.
  init(
    parsing file: FileBytes, dataRoot: String? = nil, limits: ReadingLimits
  ) throws(OnnxError) {
    let path = file.path
    let skeleton = try unsafe Self.skeleton(of: file, onnx__model_proto__descriptor, limits: limits)
    let unpacked = unsafe skeleton.withUnsafeBufferPointer { buffer in
      unsafe onnx__model_proto__unpack(nil, buffer.count, buffer.baseAddress)
    }
    guard let unpacked = unsafe unpacked else { throw .refusedMessage(path: path) }
    guard let graph = unsafe unpacked.pointee.graph else {
      unsafe onnx__model_proto__free_unpacked(unpacked, nil)
      throw .malformedModel(path: path, reason: "expected a graph, found none")
    }
    unsafe self.model = unpacked
    unsafe self.graph = graph
    super.init(file, dataRoot: dataRoot, limits: limits)
  }

  deinit { unsafe onnx__model_proto__free_unpacked(model, nil) }

  /// Lends the schema of a model.
  static func withSchema<Result, Failure: Error>(
    _ body: (ProtobufWireScan.Schema) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafePointer(to: onnx__model_proto__descriptor, body)
  }

  /// The version of the format, or nil.
  var irVersion: Int? {
    unsafe model.pointee.has_ir_version != 0 ? Int(model.pointee.ir_version) : nil
  }

  /// The name of the tool that wrote the file; empty when it does not say.
  var producerName: String {
    get throws(OnnxError) { try unsafe text(model.pointee.producer_name) }
  }

  /// The version of that tool; empty when it does not say.
  var producerVersion: String {
    get throws(OnnxError) { try unsafe text(model.pointee.producer_version) }
  }

  /// The operator sets in the order of the file: domain and, where given, version.
  var operatorSets: [(domain: String, version: Int?)] {
    get throws(OnnxError) {
      try unsafe list(model.pointee.opset_import, model.pointee.n_opset_import) {
        (set) throws(OnnxError) in
        let version = unsafe set.pointee.has_version != 0 ? Int(set.pointee.version) : nil
        return (try unsafe text(set.pointee.domain), version)
      }
    }
  }

  /// The functions that the model defines.
  var functions: Set<OnnxFunctionName> {
    get throws(OnnxError) {
      Set(
        try unsafe list(model.pointee.functions, model.pointee.n_functions) {
          (function) throws(OnnxError) in
          OnnxFunctionName(
            domain: OnnxModel.normalized(domain: try unsafe text(function.pointee.domain)),
            name: try unsafe text(function.pointee.name),
            overload: try unsafe text(function.pointee.overload))
        })
    }
  }

  /// The name of the graph; empty when it has none.
  var graphName: String {
    get throws(OnnxError) { try unsafe text(graph.pointee.name) }
  }

  /// The graph's inputs, with those that are initializers.
  var inputs: [OnnxValue] {
    get throws(OnnxError) {
      try unsafe list(graph.pointee.input, graph.pointee.n_input, value)
    }
  }

  /// The graph's outputs.
  var outputs: [OnnxValue] {
    get throws(OnnxError) {
      try unsafe list(graph.pointee.output, graph.pointee.n_output, value)
    }
  }

  /// The graph's nodes, in the order of the file.
  var nodes: [OnnxNode] {
    get throws(OnnxError) {
      var index = -1
      return try unsafe list(graph.pointee.node, graph.pointee.n_node) {
        (node) throws(OnnxError) in
        index += 1
        return try unsafe OnnxNode(index, node, of: self)
      }
    }
  }

  /// The graph's constants.
  var initializers: [OnnxTensor] {
    get throws(OnnxError) {
      try unsafe list(graph.pointee.initializer, graph.pointee.n_initializer) {
        (tensor) throws(OnnxError) in
        unsafe OnnxTensor(name: try text(tensor.pointee.name), tensor, of: self)
      }
    }
  }

  /// The names of the graph's sparse constants.
  var sparseInitializers: [String] {
    get throws(OnnxError) {
      try unsafe list(graph.pointee.sparse_initializer, graph.pointee.n_sparse_initializer) {
        (sparse) throws(OnnxError) in
        try unsafe text(sparse.pointee.values?.pointee.name)
      }
    }
  }

  private func value(
    _ value: UnsafeMutablePointer<Onnx__ValueInfoProto>
  ) throws(OnnxError) -> OnnxValue {
    let name = try unsafe text(value.pointee.name)
    guard let type = unsafe value.pointee.type?.pointee,
      unsafe type.value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE,
      let tensor = unsafe type.tensor_type?.pointee
    else { return OnnxValue(name: name, elementType: nil, dimensions: nil) }
    let dimensions = try unsafe tensor.shape.map { (shape) throws(OnnxError) in
      try unsafe list(shape.pointee.dim, shape.pointee.n_dim) { (dimension) -> Int? in
        let isNumber =
          unsafe dimension.pointee.value_case
          == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
        return unsafe isNumber && dimension.pointee.dim_value >= 0
          ? Int(dimension.pointee.dim_value) : nil
      }
    }
    return OnnxValue(
      name: name, elementType: ElementType(dataType: unsafe tensor.elem_type),
      dimensions: dimensions)
  }
}
