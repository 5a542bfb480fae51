public import Tensors

/// What an .onnx file holds, as far as its weights are concerned.
public struct OnnxModel: Sendable {
  /// The name of the tool that wrote the file, as in `pytorch`; empty when it does not say.
  public let producerName: String

  /// The version of that tool; empty when it does not say.
  public let producerVersion: String

  /// The version of the format.
  public let irVersion: Int

  /// The version of every operator set that the nodes use, by domain; the standard one is `""`.
  public let operatorSets: [String: Int]

  /// The names of the values that a run of the graph is given, without those of initializers.
  public let inputs: [String]

  /// The names of the values that a run of the graph returns.
  public let outputs: [String]

  /// The constants of the graph: every initializer, then every output of an `Identity` node whose
  /// input is one of these, both in the order of the file.
  ///
  /// Exporters store equal tensors once and give the others their names by such nodes. Constants
  /// without a number type of the suite (text, 8-bit floats, 4-bit integers, sparse tensors) are
  /// unreadable.
  public let weights: TensorArchive

  init(_ message: OnnxMessage) throws {
    guard let irVersion = message.irVersion else {
      throw OnnxError.malformedModel(path: message.path, reason: "expected an IR version")
    }
    self.irVersion = irVersion
    producerName = try message.producerName
    producerVersion = try message.producerVersion
    operatorSets = try Self.operatorSets(of: message)
    let constants = try Constants(of: message)
    weights = try TensorArchive(constants.entries, unreadable: constants.refusals)
    inputs = try message.inputs.filter { !constants.names.contains($0) }
    outputs = try message.outputs
  }

  private static func operatorSets(of message: OnnxMessage) throws(OnnxError) -> [String: Int] {
    var versions: [String: Int] = [:]
    for (domain, version) in try message.operatorSets {
      guard let version else {
        throw .malformedModel(
          path: message.path, reason: "operator set '\(domain)': expected a version")
      }
      guard versions.updateValue(version, forKey: domain == "ai.onnx" ? "" : domain) == nil else {
        throw .malformedModel(
          path: message.path, reason: "operator set '\(domain)': expected one version, found two")
      }
    }
    guard !versions.isEmpty else {
      throw .malformedModel(path: message.path, reason: "expected an operator set, found none")
    }
    return versions
  }
}

/// The constants of a graph, gathered in the order of the file.
private struct Constants {
  private(set) var entries: [TensorArchive.Entry] = []
  private(set) var refusals: [String: OnnxError] = [:]
  private(set) var names: Set<String> = []
  private let path: String

  init(of message: OnnxMessage) throws {
    path = message.path
    var contents: [String: TensorArchive.Entry] = [:]
    for (index, tensor) in try message.initializers.enumerated() {
      guard !tensor.name.isEmpty else {
        throw malformed("initializer \(index): expected a name, found none")
      }
      try insert(tensor.name)
      do {
        let entry = try tensor.entry()
        entries.append(entry)
        contents[tensor.name] = entry
      } catch OnnxError.unsupportedTensor(let path, let tensor, let reason) {
        refusals[tensor] = .unsupportedTensor(path: path, tensor: tensor, reason: reason)
      }
    }
    for (index, name) in try message.sparseInitializers.enumerated() {
      guard !name.isEmpty else {
        throw malformed("sparse initializer \(index): expected a name, found none")
      }
      try insert(name)
      refusals[name] = .unsupportedTensor(
        path: path, tensor: name, reason: "a sparse tensor is not supported")
    }
    for node in try message.identities {
      guard let input = node.inputs.first, names.contains(input) else { continue }
      guard node.inputs.count == 1, node.outputs.count == 1, !node.outputs[0].isEmpty else {
        throw malformed("Identity of '\(input)': expected one input and one output")
      }
      try insert(node.outputs[0])
      if let entry = contents[input]?.renamed(node.outputs[0]) {
        entries.append(entry)
        contents[entry.name] = entry
      }
      refusals[node.outputs[0]] = refusals[input]
    }
  }

  private mutating func insert(_ name: String) throws(TensorError) {
    guard names.insert(name).inserted else { throw .duplicateName(name, source: path) }
  }

  private func malformed(_ reason: String) -> OnnxError {
    .malformedModel(path: path, reason: reason)
  }
}
