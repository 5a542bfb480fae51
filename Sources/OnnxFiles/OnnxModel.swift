public import Files
public import Networks
public import Tensors

/// What an .onnx file holds.
public struct OnnxModel: Sendable {
  /// The name of the tool that wrote the file, as in `pytorch`; empty when it does not say.
  public let producerName: String

  /// The version of that tool; empty when it does not say.
  public let producerVersion: String

  /// The version of the format.
  public let irVersion: Int

  /// The version of every operator set that the nodes use, by domain; the standard one is `""`.
  public let operatorSets: [String: Int]

  /// The values that a run of the graph is given, without initializers.
  public let inputs: [OnnxValue]

  /// The values that a run of the graph returns.
  public let outputs: [OnnxValue]

  /// The constants of the graph: every initializer in the order of the file, then what `Constant`
  /// nodes hold, what `Identity` nodes copy and what `Cast` nodes make binary32 of these, in the
  /// order in which the nodes can run.
  ///
  /// Constants without a number type of the suite (text, 8-bit floats, 4-bit integers, sparse
  /// tensors) are unreadable.
  public let weights: TensorArchive

  /// Where each constant comes from, unreadable ones included, by name.
  public let origins: [String: OnnxOrigin]

  /// The files beside the model that hold elements of its tensors, sorted by path.
  public let dataFiles: [FileBytes]

  private let contents: Result<Graph<OnnxOperator>, OnnxError>

  /// The nodes that a run computes, in an order in which they can: the file's own where it is
  /// right. Nodes that only make constants are left out; their values are the graph's constants.
  ///
  /// Graphs within attributes are not read. Throws ``OnnxError/functionCall(path:node:function:)``
  /// where a node calls a function of the model, whose weights can be read all the same.
  public var graph: Graph<OnnxOperator> { get throws { try contents.get() } }

  init(_ message: OnnxMessage) throws {
    guard let irVersion = message.irVersion else {
      throw OnnxError.malformedModel(path: message.path, reason: "expected an IR version")
    }
    self.irVersion = irVersion
    producerName = try message.producerName
    producerVersion = try message.producerVersion
    operatorSets = try Self.operatorSets(of: message)
    var constants = try OnnxConstants(initializersOf: message)
    inputs = try message.inputs.filter { constants.origins[$0.name] == nil }
    outputs = try message.outputs
    try Self.checkNames(inputs, "input", message.path)
    try Self.checkNames(outputs, "output", message.path)
    let nodes = try OnnxGraph(
      message.nodes, given: Set(constants.origins.keys).union(inputs.map(\.name)),
      outputs: outputs.map(\.name), path: message.path
    ).nodes
    let functions = try message.functions
    let call = nodes.first { functions.contains($0.function) }
    var computed: [Graph<OnnxOperator>.Node] = []
    for node in nodes where try functions.contains(node.function) || !constants.absorb(node) {
      computed.append(
        .init(
          name: node.name, operation: try node.operator, inputs: node.inputs,
          outputs: node.outputs))
    }
    weights = try TensorArchive(constants.entries, unreadable: constants.refusals)
    origins = constants.origins
    dataFiles = message.dataFiles.files
    if let call {
      contents = .failure(
        .functionCall(path: message.path, node: call.name, function: call.type))
    } else {
      contents = .success(
        try Graph(
          name: try message.graphName, inputs: inputs.map(\.name),
          constants: Set(origins.keys), nodes: computed,
          outputs: outputs.map { .init(name: $0.name, value: $0.name) }))
    }
  }

  /// The name under which the suite knows the operator set `domain`.
  static func normalized(domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  private static func operatorSets(of message: OnnxMessage) throws(OnnxError) -> [String: Int] {
    var versions: [String: Int] = [:]
    for (domain, version) in try message.operatorSets {
      guard let version else {
        throw .malformedModel(
          path: message.path, reason: "operator set '\(domain)': expected a version")
      }
      guard versions.updateValue(version, forKey: normalized(domain: domain)) == nil else {
        throw .malformedModel(
          path: message.path, reason: "operator set '\(domain)': expected one version, found two")
      }
    }
    guard !versions.isEmpty else {
      throw .malformedModel(path: message.path, reason: "expected an operator set, found none")
    }
    return versions
  }

  private static func checkNames(
    _ values: [OnnxValue], _ kind: String, _ path: String
  ) throws(OnnxError) {
    var names: Set<String> = []
    for (index, value) in values.enumerated() {
      guard !value.name.isEmpty else {
        throw .malformedModel(
          path: path, reason: "\(kind) \(index): expected a name, found none")
      }
      guard names.insert(value.name).inserted else {
        throw .malformedModel(
          path: path, reason: "\(kind) '\(value.name)': expected one, found two")
      }
    }
  }
}
