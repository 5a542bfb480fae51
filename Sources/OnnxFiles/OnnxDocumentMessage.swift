import COnnxSchema
import Networks
import Tensors

/// A document as a `ModelProto` that libprotobuf-c can serialize. Wraps `onnx__model_proto__pack`.
@safe struct OnnxDocumentMessage {
  private let arena = OnnxArena()
  private let model: UnsafeMutablePointer<Onnx__ModelProto>

  /// Copies every tensor of `document`. Throws what reading a tensor throws.
  init(_ document: OnnxDocument) throws {
    let builder = MessageBuilder(arena: arena)
    unsafe model = try builder.model(document)
  }

  /// The number of ``bytes``.
  var byteCount: Int { unsafe onnx__model_proto__get_packed_size(model) }

  /// The serialized message.
  var bytes: [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = unsafe onnx__model_proto__pack(model, buffer.baseAddress)
    }
  }
}

/// Fills the structures of a message; lists keep their order, and attributes and remarks stand in
/// the order of their names.
private struct MessageBuilder {
  let arena: OnnxArena

  func model(_ document: OnnxDocument) throws -> UnsafeMutablePointer<Onnx__ModelProto> {
    let graph = try unsafe self.graph(document)
    let operatorSet = unsafe arena.message(onnx__operator_set_id_proto__init) { set in
      unsafe set.domain = arena.text("")
      unsafe (set.has_version, set.version) = (1, Int64(document.operatorSet))
    }
    let remarks = unsafe document.metadata.sorted { $0.key < $1.key }.map { key, value in
      unsafe arena.message(onnx__string_string_entry_proto__init) { entry in
        unsafe (entry.key, entry.value) = (arena.text(key), arena.text(value))
      }
    }
    return unsafe arena.message(onnx__model_proto__init) { model in
      unsafe (model.has_ir_version, model.ir_version) = (1, Int64(document.irVersion))
      unsafe model.producer_name = arena.text(document.producer.name)
      unsafe model.producer_version = arena.text(document.producer.version)
      unsafe model.graph = graph
      unsafe (model.n_opset_import, model.opset_import) = (1, arena.list([operatorSet]))
      unsafe (model.n_metadata_props, model.metadata_props) = (remarks.count, arena.list(remarks))
    }
  }

  private func graph(_ document: OnnxDocument) throws -> UnsafeMutablePointer<Onnx__GraphProto> {
    let nodes = try unsafe document.nodes.map(node)
    let initializers = try unsafe document.initializers.map {
      try unsafe tensor($0.tensor(), $0.name)
    }
    let inputs = unsafe document.inputs.map(value)
    let outputs = unsafe document.outputs.map(value)
    return unsafe arena.message(onnx__graph_proto__init) { graph in
      unsafe graph.name = arena.text(document.name)
      unsafe (graph.n_node, graph.node) = (nodes.count, arena.list(nodes))
      unsafe (graph.n_initializer, graph.initializer) = (
        initializers.count, arena.list(initializers)
      )
      unsafe (graph.n_input, graph.input) = (inputs.count, arena.list(inputs))
      unsafe (graph.n_output, graph.output) = (outputs.count, arena.list(outputs))
    }
  }

  private func node(
    _ node: Graph<OnnxOperator>.Node
  ) throws -> UnsafeMutablePointer<Onnx__NodeProto> {
    let settings = node.operation.attributes.sorted { $0.key < $1.key }
    let attributes = try unsafe settings.map { try unsafe attribute($0.key, $0.value) }
    let inputs = unsafe node.inputs.map(arena.text)
    let outputs = unsafe node.outputs.map(arena.text)
    return unsafe arena.message(onnx__node_proto__init) { proto in
      unsafe (proto.n_input, proto.input) = (inputs.count, arena.list(inputs))
      unsafe (proto.n_output, proto.output) = (outputs.count, arena.list(outputs))
      unsafe (proto.name, proto.op_type) = (arena.text(node.name), arena.text(node.operation.type))
      unsafe (proto.n_attribute, proto.attribute) = (attributes.count, arena.list(attributes))
      if !node.operation.domain.isEmpty { unsafe proto.domain = arena.text(node.operation.domain) }
    }
  }

  private func attribute(
    _ name: String, _ value: OnnxAttribute
  ) throws -> UnsafeMutablePointer<Onnx__AttributeProto> {
    try unsafe arena.message(onnx__attribute_proto__init) { attribute in
      unsafe attribute.name = arena.text(name)
      unsafe attribute.has_type = 1
      switch value {
      case .float(let number):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
        unsafe (attribute.has_f, attribute.f) = (1, number)
      case .integer(let number):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
        unsafe (attribute.has_i, attribute.i) = (1, Int64(number))
      case .text(let text):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
        unsafe (attribute.has_s, attribute.s) = (1, arena.data(text))
      case .tensor(let entry):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
        unsafe attribute.t = try tensor(entry.tensor(), entry.name)
      case .floats(let numbers):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
        unsafe (attribute.n_floats, attribute.floats) = (numbers.count, arena.list(numbers))
      case .integers(let numbers):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS
        unsafe (attribute.n_ints, attribute.ints) = (
          numbers.count, arena.list(numbers.map(Int64.init))
        )
      case .texts(let texts):
        unsafe attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
        let strings = unsafe texts.map { unsafe arena.data($0) }
        unsafe (attribute.n_strings, attribute.strings) = (strings.count, arena.list(strings))
      case .graph, .other:
        preconditionFailure("attribute '\(name)' cannot be written")
      }
    }
  }

  private func tensor(
    _ tensor: Tensor, _ name: String
  ) throws -> UnsafeMutablePointer<Onnx__TensorProto> {
    let extents = tensor.shape.dimensions.map(Int64.init)
    return unsafe arena.message(onnx__tensor_proto__init) { proto in
      unsafe (proto.n_dims, proto.dims) = (extents.count, arena.list(extents))
      unsafe (proto.has_data_type, proto.data_type) = (1, tensor.elementType.dataType)
      unsafe proto.name = arena.text(name)
      unsafe (proto.has_raw_data, proto.raw_data) = (1, tensor.bytes.withBytes(arena.data))
    }
  }

  private func value(_ value: OnnxDocument.Value) -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
    let dimensions = unsafe value.dimensions.map { dimension in
      unsafe arena.message(onnx__tensor_shape_proto__dimension__init) { proto in
        switch dimension {
        case .fixed(let extent):
          unsafe proto.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
          unsafe proto.dim_value = Int64(extent)
        case .symbol(let name):
          unsafe proto.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
          unsafe proto.dim_param = arena.text(name)
        }
      }
    }
    let shape = unsafe arena.message(onnx__tensor_shape_proto__init) { shape in
      unsafe (shape.n_dim, shape.dim) = (dimensions.count, arena.list(dimensions))
    }
    let tensor = unsafe arena.message(onnx__type_proto__tensor__init) { tensor in
      unsafe (tensor.has_elem_type, tensor.elem_type) = (1, value.elementType.dataType)
      unsafe tensor.shape = shape
    }
    let type = unsafe arena.message(onnx__type_proto__init) { type in
      unsafe type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
      unsafe type.tensor_type = tensor
    }
    return unsafe arena.message(onnx__value_info_proto__init) { proto in
      unsafe (proto.name, proto.type) = (arena.text(value.name), type)
    }
  }
}
