import Execution
import Networks
import OnnxFiles
import Quantization
import STMModel
import Tensors

/// Writes a bound program down as an ONNX graph.
///
/// Every node makes one value of the node's own name. A step ends in a value that its storage can
/// hold, as binary32 numbers, and so its readers find it, whatever lies between.
struct GraphExporter {
  let bound: BoundProgram
  let weights: TensorArchive
  /// What each layer of the graph does, by name.
  let layers: [String: LayerOperation]

  private let graph: Graph<LayerOperation>
  private let inputs: [OnnxDocument.Value]
  private let outputs: [OnnxDocument.Value]
  private var nodes: [Graph<OnnxOperator>.Node] = []
  private var initializers: [TensorArchive.Entry] = []
  private var names: Set<String>
  /// The graph's value for each value of the program.
  private var values: [String: String] = [:]
  /// Values of the program that the graph has in another storage, too.
  private var conversions: [Conversion: String] = [:]
  /// The values of the program that each object has for itself.
  private var ofObjects: Set<String> = []

  private struct Conversion: Hashable {
    let value: String
    let storage: Storage
  }

  /// An exporter of `bound`, a program of `graph`, whose parameters `weights` holds.
  ///
  /// Throws ``ExportError/topK(graph:step:limit:)``.
  init(
    _ bound: BoundProgram, of graph: Graph<LayerOperation>, in network: STMNetwork,
    weights: TensorArchive
  ) throws(ExportError) {
    if let limit = bound.topK,
      let step = bound.program.steps.first(where: { $0.operation == .memoryRead })
    {
      throw .topK(graph: graph.name, step: step.name, limit: limit)
    }
    func declaration(_ name: String) -> OnnxDocument.Value {
      .init(
        name: name, elementType: .float32, dimensions: network.dimensions(of: name, in: graph))
    }
    self.bound = bound
    self.graph = graph
    self.weights = weights
    layers = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.name, $0.operation) })
    inputs = graph.inputs.map(declaration)
    outputs = graph.outputs.map { declaration($0.name) }
    names = Set(graph.inputs + graph.outputs.map(\.name))
  }

  /// The whole graph. Throws what reading a parameter throws.
  mutating func document(
    operatorSet: Int, producer: (name: String, version: String), metadata: [String: String]
  ) throws -> OnnxDocument {
    for input in inputs {
      if case .symbol? = input.dimensions.first { ofObjects.insert(input.name) }
      values[input.name] = store(input.name, from: input.name, as: bound.storage(of: input.name))
    }
    for step in bound.program.steps where !isDrawnApart(step.name) {
      let result = try add(step)
      values[step.name] = store(step.name, from: result, as: bound.storage(of: step.name))
      if step.inputs.contains(where: isOfObjects) { ofObjects.insert(step.name) }
    }
    for output in bound.program.outputs { handOut(output) }
    return OnnxDocument(
      name: graph.name, operatorSet: operatorSet, producer: producer, inputs: inputs,
      outputs: outputs, initializers: initializers, nodes: nodes, metadata: metadata)
  }

  /// Whether `value` is images behind one another that a convolution on real numbers reads: its layers
  /// are drawn one by one, and read what these images are made of.
  private func isDrawnApart(_ value: String) -> Bool {
    bound.program.step(value)?.operation == .concatenate
      && bound.program.steps.contains { $0.inputs[0] == value && drawsLayers(of: $0) }
  }

  /// Whether `step` is a convolution that normalizes images, on real numbers.
  func drawsLayers(of step: Step) -> Bool {
    guard step.readsImages, case .float = bound.parameters(of: step) else { return false }
    return true
  }

  /// The graph's value for `value` of the program, whatever it is held in.
  func drawn(_ value: String) -> String {
    guard let held = values[value] else { preconditionFailure("nothing makes '\(value)'") }
    return held
  }

  /// Whether each object has `value` for itself, rather than all together.
  func isOfObjects(_ value: String) -> Bool { ofObjects.contains(value) }

  /// The dimensions of the program's input `name`; nil for other values.
  func dimensions(ofInput name: String) -> [OnnxDocument.Dimension]? {
    inputs.first { $0.name == name }?.dimensions
  }

  /// What `step` reads as its input `index`, in the storage that it asks for.
  mutating func operand(of step: Step, _ index: Int) -> String {
    let value = step.inputs[index]
    guard let held = values[value] else { preconditionFailure("nothing makes '\(value)'") }
    let storage = bound.operandStorage(of: step, index)
    guard storage != .float32, storage != bound.storage(of: value) else { return held }
    let conversion = Conversion(value: value, storage: storage)
    if let known = conversions[conversion] { return known }
    let converted = store(value, from: held, as: storage)
    conversions[conversion] = converted
    return converted
  }

  /// Adds a node called `name`, or with a number behind that where another has the name; returns
  /// its value.
  mutating func node(
    _ name: String, _ type: String, _ inputs: [String], _ attributes: [String: OnnxAttribute] = [:]
  ) -> String {
    let name = unused(name)
    nodes.append(
      .init(
        name: name,
        operation: OnnxOperator(type: type, attributes: attributes, index: nodes.count),
        inputs: inputs, outputs: [name]))
    return name
  }

  /// Adds a constant under `name`, or with a number behind that where something else has the name;
  /// returns its name.
  mutating func constant(_ name: String, _ tensor: Tensor) -> String {
    let name = unused(name)
    initializers.append(.init(name: name, tensor: tensor))
    return name
  }

  /// Adds `entry`, whose elements are read when the graph is written, as the other method does.
  mutating func constant(_ name: String, _ entry: TensorArchive.Entry) -> String {
    let name = unused(name)
    initializers.append(entry.renamed(name))
    return name
  }

  private mutating func unused(_ name: String) -> String {
    var (candidate, number) = (name, 2)
    while !names.insert(candidate).inserted {
      candidate = "\(name).\(number)"
      number += 1
    }
    return candidate
  }

  /// Gives the value of `output` the name that it has outside: its node makes it under that name.
  private mutating func handOut(_ output: Graph<LayerOperation>.Output) {
    guard let value = values[output.value] else {
      preconditionFailure("nothing makes '\(output.value)'")
    }
    guard let maker = nodes.firstIndex(where: { $0.outputs == [value] }),
      !outputs.contains(where: { $0.name == value })
    else {
      nodes.append(
        .init(
          name: output.name, operation: OnnxOperator(type: "Identity", index: nodes.count),
          inputs: [value], outputs: [output.name]))
      return
    }
    for index in nodes.indices {
      nodes[index] = .init(
        name: nodes[index].name, operation: nodes[index].operation,
        inputs: nodes[index].inputs.map { $0 == value ? output.name : $0 },
        outputs: index == maker ? [output.name] : nodes[index].outputs)
    }
    values[output.value] = output.name
  }
}
