import COnnxSchema

/// What tells the functions of a model apart, and the operators that nodes name.
struct OnnxFunctionName: Hashable {
  let domain: String
  let name: String
  let overload: String
}

/// A node of a parsed graph. Mirrors `NodeProto`.
@safe struct OnnxNode: @unchecked Sendable {  // the message is immutable after init
  /// The place of the node in the file, counted from 0.
  let index: Int

  /// The operator, and the function that it is where the model has one of that name.
  let function: OnnxFunctionName

  /// The values it reads; an empty name is an input left out.
  let inputs: [String]

  /// The values it makes; an empty name is an output that nobody asked for.
  let outputs: [String]

  /// The name that the file gives it, until ``OnnxGraph`` makes it unique.
  var name: String

  private let node: UnsafeMutablePointer<Onnx__NodeProto>
  private let message: OnnxMessage

  /// Node number `index`, which stays valid as long as `message`. Throws ``OnnxError``.
  init(
    _ index: Int, _ node: UnsafeMutablePointer<Onnx__NodeProto>, of message: OnnxMessage
  ) throws(OnnxError) {
    let proto = unsafe node.pointee
    self.index = index
    function = OnnxFunctionName(
      domain: OnnxModel.normalized(domain: try unsafe message.text(proto.domain)),
      name: try unsafe message.text(proto.op_type),
      overload: try unsafe message.text(proto.overload))
    inputs = try unsafe message.texts(proto.input, proto.n_input)
    outputs = try unsafe message.texts(proto.output, proto.n_output)
    name = try unsafe message.text(proto.name)
    unsafe self.node = unsafe node
    self.message = message
    guard !type.isEmpty else {
      throw .malformedModel(
        path: message.path, reason: "node \(index): expected an op_type, found none")
    }
  }

  /// The operator's name within its operator set.
  var type: String { function.name }

  /// Whether this is the operator `type` of the standard operator set.
  func isStandard(_ type: String) -> Bool { function.domain.isEmpty && self.type == type }

  /// What the node does, with its settings. Throws ``OnnxError``.
  var `operator`: OnnxOperator {
    get throws(OnnxError) {
      var attributes: [String: OnnxAttribute] = [:]
      for attribute in try settings {
        guard try attributes.updateValue(value(attribute), forKey: attribute.name) == nil else {
          throw malformed("attribute '\(attribute.name)': expected one, found two")
        }
      }
      return OnnxOperator(
        type: type, domain: function.domain, attributes: attributes, index: index)
    }
  }

  /// The tensor that the attribute `value` of a `Constant` node holds, under the name `name`; nil
  /// where there is no such attribute.
  func tensor(named name: String) throws(OnnxError) -> OnnxTensor? {
    let settings = try settings
    guard let setting = settings.first(where: { $0.name == "value" }),
      let tensor = unsafe setting.attribute.pointee.t
    else { return nil }
    guard settings.count == 1 else {
      throw malformed("expected one attribute, found \(settings.count)")
    }
    try checkFields(of: setting)
    return unsafe OnnxTensor(name: name, tensor, of: message)
  }

  /// An attribute that is not yet read.
  @safe private struct Setting {
    let name: String
    let attribute: UnsafeMutablePointer<Onnx__AttributeProto>
  }

  private var settings: [Setting] {
    get throws(OnnxError) {
      try unsafe message.list(node.pointee.attribute, node.pointee.n_attribute) {
        (attribute) throws(OnnxError) in
        unsafe Setting(name: try message.text(attribute.pointee.name), attribute: attribute)
      }
    }
  }

  private func value(_ setting: Setting) throws(OnnxError) -> OnnxAttribute {
    let name = setting.name
    let proto = unsafe setting.attribute.pointee
    guard unsafe proto.ref_attr_name == nil || proto.ref_attr_name.pointee == 0 else {
      throw malformed("attribute '\(name)': refers to a function's attribute outside a function")
    }
    try checkFields(of: setting)
    let other = OnnxAttribute.other(typeName: unsafe Self.nameOfType(proto.type))
    switch unsafe proto.type {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return unsafe .float(proto.f)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return unsafe .integer(Int(proto.i))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
      return try unsafe message.text(proto.s).map { .text($0) } ?? other
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      guard let tensor = unsafe proto.t else {
        throw malformed("attribute '\(name)': expected a tensor, found none")
      }
      do throws(OnnxError) {
        return .tensor(
          try unsafe OnnxTensor(name: "\(self.name).\(name)", tensor, of: message).entry())
      } catch .unsupportedTensor { return other }
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
      return .floats(
        unsafe Array(UnsafeBufferPointer(start: proto.floats, count: proto.n_floats)))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
      return .integers(
        unsafe UnsafeBufferPointer(start: proto.ints, count: proto.n_ints).map(Int.init))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      var texts: [String] = []
      for index in 0..<(unsafe proto.n_strings) {
        guard let text = try unsafe message.text(proto.strings[index]) else { return other }
        texts.append(text)
      }
      return .texts(texts)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH,
      ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
      return .graph
    default: return other
    }
  }

  /// Checks that no two fields of an attribute hold values (ONNX, `check_attribute`).
  private func checkFields(of setting: Setting) throws(OnnxError) {
    let proto = unsafe setting.attribute.pointee
    let fields = unsafe [
      ("f", proto.has_f != 0), ("i", proto.has_i != 0), ("s", proto.has_s != 0),
      ("t", proto.t != nil), ("g", proto.g != nil), ("sparse_tensor", proto.sparse_tensor != nil),
      ("tp", proto.tp != nil), ("floats", proto.n_floats > 0), ("ints", proto.n_ints > 0),
      ("strings", proto.n_strings > 0), ("tensors", proto.n_tensors > 0),
      ("graphs", proto.n_graphs > 0), ("sparse_tensors", proto.n_sparse_tensors > 0),
      ("type_protos", proto.n_type_protos > 0),
    ]
    let found = fields.filter(\.1).map(\.0)
    guard found.count <= 1 else {
      throw malformed(
        "attribute '\(setting.name)': expected one value, found \(found.joined(separator: " and "))"
      )
    }
  }

  private func malformed(_ reason: String) -> OnnxError {
    .malformedModel(path: message.path, reason: "node '\(name)': \(reason)")
  }

  private static func nameOfType(_ type: Onnx__AttributeProto__AttributeType) -> String {
    unsafe withUnsafePointer(to: onnx__attribute_proto__attribute_type__descriptor) { types in
      unsafe protobuf_c_enum_descriptor_get_value(types, CInt(type.rawValue)).map {
        unsafe String(cString: $0.pointee.name)
      } ?? "\(type.rawValue)"
    }
  }
}
