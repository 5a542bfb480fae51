import Tensors

/// The constants of a graph: what it lists, and what nodes make of that alone.
struct OnnxConstants {
  private(set) var entries: [TensorArchive.Entry] = []
  /// The constants that cannot be read.
  private(set) var refusals: [String: OnnxError] = [:]
  /// Where each constant comes from, readable or not.
  private(set) var origins: [String: OnnxOrigin] = [:]

  private var indices: [String: Int] = [:]
  private let path: String

  /// The initializers, in the order of the file. Throws ``OnnxError`` or `TensorError`.
  init(initializersOf message: OnnxMessage) throws {
    path = message.path
    for (index, tensor) in try message.initializers.enumerated() {
      guard !tensor.name.isEmpty else {
        throw malformed("initializer \(index): expected a name, found none")
      }
      try insertInitializer(tensor.name)
      try insert(tensor)
    }
    for (index, name) in try message.sparseInitializers.enumerated() {
      guard !name.isEmpty else {
        throw malformed("sparse initializer \(index): expected a name, found none")
      }
      try insertInitializer(name)
      refuse(name, "a sparse tensor is not supported")
    }
  }

  /// Takes in what `node` makes, and says whether it makes nothing but constants.
  ///
  /// These are `Constant`, `Identity` of a constant, and `Cast` of a floating-point constant to
  /// binary32. Throws ``OnnxError``.
  mutating func absorb(_ node: OnnxNode) throws(OnnxError) -> Bool {
    if node.isStandard("Constant") {
      let output = try output(of: node, inputs: 0)
      try insertConstant(node, output)
      origins[output] = .constant(node: node.name)
      return true
    }
    guard let input = node.inputs.first, origins[input] != nil else { return false }
    if node.isStandard("Identity") {
      let output = try output(of: node, inputs: 1)
      if let index = indices[input] { insert(entries[index].renamed(output)) }
      refusals[output] = refusals[input]
      origins[output] = .identity(node: node.name, of: input)
      return true
    }
    guard node.isStandard("Cast"), let index = indices[input] else { return false }
    let source = entries[index]
    guard source.elementType.isFloatingPoint,
      case .integer(let code)? = try node.operator.attributes["to"],
      Int32(exactly: code).flatMap(ElementType.init(dataType:)) == .float32
    else { return false }
    let output = try output(of: node, inputs: 1)
    let converted = TensorArchive.Entry(
      name: output, elementType: .float32, shape: source.shape, source: path
    ) { Tensor(try source.floats()) }
    insert(source.elementType == .float32 ? source.renamed(output) : converted)
    origins[output] = .cast(node: node.name, of: input)
    return true
  }

  private mutating func insertConstant(
    _ node: OnnxNode, _ output: String
  ) throws(OnnxError) {
    if let tensor = try node.tensor(named: output) { return try insert(tensor) }
    let attributes = try node.operator.attributes
    guard attributes.count == 1, let (name, value) = attributes.first else {
      throw malformed(
        "node '\(node.name)': expected one attribute, found \(attributes.count)")
    }
    let tensor: Tensor
    switch (name, value) {
    case ("value_float", .float(let value)):
      tensor = Tensor(FloatTensor(shape: [], values: [value]))
    case ("value_floats", .floats(let values)):
      tensor = Tensor(FloatTensor(shape: [values.count], values: values))
    case ("value_int", .integer(let value)):
      tensor = Tensor(bitPatterns: [value], elementType: .int64, shape: [])
    case ("value_ints", .integers(let values)):
      tensor = Tensor(bitPatterns: values, elementType: .int64, shape: [values.count])
    default: return refuse(output, "a constant of the attribute '\(name)' is not supported")
    }
    insert(TensorArchive.Entry(name: output, tensor: tensor, source: path))
  }

  private mutating func insert(_ tensor: OnnxTensor) throws(OnnxError) {
    do throws(OnnxError) {
      insert(try tensor.entry())
    } catch .unsupportedTensor(let path, let name, let reason) {
      refusals[name] = .unsupportedTensor(path: path, tensor: name, reason: reason)
    }
  }

  private mutating func insert(_ entry: TensorArchive.Entry) {
    indices[entry.name] = entries.count
    entries.append(entry)
  }

  private mutating func refuse(_ name: String, _ reason: String) {
    refusals[name] = .unsupportedTensor(path: path, tensor: name, reason: reason)
  }

  private mutating func insertInitializer(_ name: String) throws(TensorError) {
    guard origins.updateValue(.initializer, forKey: name) == nil else {
      throw .duplicateName(name, source: path)
    }
  }

  private func output(of node: OnnxNode, inputs: Int) throws(OnnxError) -> String {
    guard node.inputs.count == inputs, node.outputs.count == 1, !node.outputs[0].isEmpty else {
      throw malformed(
        "node '\(node.name)': expected \(inputs) inputs and 1 output, "
          + "found \(node.inputs.count) and \(node.outputs.count)")
    }
    return node.outputs[0]
  }

  private func malformed(_ reason: String) -> OnnxError {
    .malformedModel(path: path, reason: reason)
  }
}
