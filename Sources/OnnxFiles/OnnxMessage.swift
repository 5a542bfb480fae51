import COnnxSchema
import Files

/// Owns one parsed model. Wraps `onnx__model_proto__unpack` and `onnx__model_proto__free_unpacked`.
@safe final class OnnxMessage: @unchecked Sendable {  // immutable after init
  /// The path of the file, for messages.
  let path: String

  private let model: UnsafeMutablePointer<Onnx__ModelProto>
  private let graph: UnsafeMutablePointer<Onnx__GraphProto>

  /// Checks and parses the whole of `file`. Throws ``OnnxError``.
  init(parsing file: FileBytes) throws(OnnxError) {
    let path = file.path
    guard file.count <= OnnxFile.maximumBytes else {
      throw .tooLarge(path: path, bytes: file.count)
    }
    try file.withBytes { (bytes) throws(OnnxError) in
      do throws(ProtobufWireScan.Failure) {
        try unsafe Self.withSchema { (schema) throws(ProtobufWireScan.Failure) in
          try unsafe ProtobufWireScan.check(bytes, against: schema)
        }
      } catch {
        throw .malformedMessage(path: path, offset: error.offset, reason: error.reason)
      }
    }
    let unpacked = unsafe file.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe onnx__model_proto__unpack(
          nil, buffer.count, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    guard let unpacked = unsafe unpacked else { throw .refusedMessage(path: path) }
    guard let graph = unsafe unpacked.pointee.graph else {
      unsafe onnx__model_proto__free_unpacked(unpacked, nil)
      throw .malformedModel(path: path, reason: "expected a graph, found none")
    }
    self.path = path
    unsafe self.model = unpacked
    unsafe self.graph = graph
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

  /// The names of the graph's inputs.
  var inputs: [String] {
    get throws(OnnxError) {
      try unsafe list(graph.pointee.input, graph.pointee.n_input) { (value) throws(OnnxError) in
        try unsafe text(value.pointee.name)
      }
    }
  }

  /// The names of the graph's outputs.
  var outputs: [String] {
    get throws(OnnxError) {
      try unsafe list(graph.pointee.output, graph.pointee.n_output) { (value) throws(OnnxError) in
        try unsafe text(value.pointee.name)
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

  /// The inputs and outputs of the graph's `Identity` nodes, in the order of the file.
  var identities: [(inputs: [String], outputs: [String])] {
    get throws(OnnxError) { try unsafe list(graph.pointee.node, graph.pointee.n_node, identity) }
  }

  /// The inputs and outputs of a node that copies a value; nil for any other.
  private func identity(
    _ node: UnsafeMutablePointer<Onnx__NodeProto>
  ) throws(OnnxError) -> (inputs: [String], outputs: [String])? {
    guard try unsafe text(node.pointee.op_type) == "Identity",
      ["", "ai.onnx"].contains(try unsafe text(node.pointee.domain))
    else { return nil }
    return unsafe (
      try texts(node.pointee.input, node.pointee.n_input),
      try texts(node.pointee.output, node.pointee.n_output)
    )
  }

  /// The text of a C string; nil is empty.
  func text(_ pointer: UnsafePointer<CChar>?) throws(OnnxError) -> String {
    guard let pointer = unsafe pointer else { return "" }
    guard let text = unsafe String(validatingCString: pointer) else {
      let damaged = unsafe String(cString: pointer)
      throw .malformedModel(path: path, reason: "expected UTF-8 text, found '\(damaged)'")
    }
    return text
  }

  private func texts(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
  ) throws(OnnxError) -> [String] {
    try unsafe list(start, count) { (pointer) throws(OnnxError) in try unsafe text(pointer) }
  }

  /// What `body` makes of every element of a list, without nil.
  private func list<Element, Value>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>?, _ count: Int,
    _ body: (UnsafeMutablePointer<Element>) throws(OnnxError) -> Value?
  ) throws(OnnxError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      guard let pointer = unsafe start?[index], let value = try unsafe body(pointer) else {
        continue
      }
      values.append(value)
    }
    return values
  }
}
