public import Execution
import Networks
public import OnnxFiles
public import Tensors

/// A model's graph, ready to run on inputs of any shapes that it takes.
///
/// An interpreter of `Graph<OnnxOperator>`: node after node, as the operator's definition in the
/// version of the operator set that the model names says (ONNX, *Operator Schemas*). It is made for
/// proof, not for deployment: nothing is fused, and every value can be observed.
public struct OnnxProgram: Sendable {
  /// The file, for messages.
  public let path: String
  /// What the graph is given.
  public let inputs: [OnnxValue]

  private let graph: Graph<OnnxOperator>
  private let weights: TensorArchive
  private let unreadable: [String: any Error]
  let opsets: [String: Int]
  private let kernels: (any OperatorKernels)?

  /// Checks that every node of `model` can run.
  ///
  /// `path` is for messages; heavy operators run on `kernels` where they can, else in plain loops.
  /// Throws ``OnnxExecutionError`` with every node whose operator, setting or operator set is not
  /// supported, or what `OnnxModel.graph` throws.
  public init(
    _ model: OnnxModel, path: String, kernels: (any OperatorKernels)? = nil
  ) throws {
    self.path = path
    self.kernels = kernels
    inputs = model.inputs
    graph = try model.graph
    weights = model.weights
    unreadable = model.weights.unreadable
    opsets = model.operatorSets
    let problems = graph.nodes.compactMap(problem)
    guard problems.count <= 1 else { throw OnnxExecutionError.several(path: path, problems) }
    if let problem = problems.first { throw problem }
  }

  /// The names of the values that the graph hands out.
  public var outputs: [String] { graph.outputs.map(\.name) }

  /// Runs every node.
  ///
  /// `taps` observe values by the names that the graph has for them, floating-point ones only.
  /// Throws ``OnnxExecutionError`` for inputs that do not fit and for nodes that cannot run on
  /// what they are given.
  public func run(
    _ given: [String: Tensor], taps: Taps = Taps([]) { _, _ in }
  ) throws -> [String: Tensor] {
    var values: [String: Value] = [:]
    for input in inputs {
      values[input.name] = Value(try checked(given[input.name], for: input))
      try show(input.name, values[input.name], to: taps)
    }
    let expiring = expirations
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs where !input.isEmpty && values[input] == nil {
        values[input] = try constant(input, for: node)
      }
      let results = try evaluate(node, node.inputs.map { values[$0] })
      for (name, value) in zip(node.outputs, results) where !name.isEmpty {
        values[name] = value
        try show(name, value, to: taps)
      }
      for name in expiring[index] { values[name] = nil }
    }
    var outputs: [String: Tensor] = [:]
    for output in graph.outputs {
      outputs[output.name] =
        try values[output.value].map { try $0.tensor() } ?? weights[output.value]?.tensor()
      if outputs[output.name] == nil {
        throw OnnxExecutionError.malformed(
          path: path, node: output.name, operation: "output",
          reason: unreadable[output.value].map { "\($0)" } ?? "expected a value, found none")
      }
    }
    return outputs
  }

  /// The values that nobody reads after each node.
  private var expirations: [[String]] {
    var last: [String: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for name in node.inputs + node.outputs where !name.isEmpty { last[name] = index }
    }
    for output in graph.outputs { last[output.value] = nil }
    var lists = [[String]](repeating: [], count: graph.nodes.count)
    for (name, index) in last { lists[index].append(name) }
    return lists
  }

  private func show(_ name: String, _ value: Value?, to taps: Taps) throws {
    guard let value, value.elementType.isFloatingPoint, taps.names.contains(name) else { return }
    try taps.receive(name, try value.tensor().floats())
  }

  private func checked(_ tensor: Tensor?, for input: OnnxValue) throws -> Tensor {
    func mismatch(_ expected: String, _ found: String) -> OnnxExecutionError {
      .input(path: path, input: input.name, expected: expected, found: found)
    }
    guard let elementType = input.elementType else {
      throw mismatch("a tensor", "a declaration of another type")
    }
    guard let tensor else {
      throw OnnxExecutionError.missingInput(path: path, input: input.name)
    }
    guard tensor.elementType == elementType else {
      throw mismatch("elements of \(elementType.rawValue)", tensor.elementType.rawValue)
    }
    if let expected = input.dimensions {
      let fits =
        expected.count == tensor.shape.rank
        && zip(expected, tensor.shape.dimensions).allSatisfy { $0 == nil || $0 == $1 }
      guard fits else {
        let names = expected.map { $0.map(String.init) ?? "?" }.joined(separator: ", ")
        throw mismatch("shape [\(names)]", "\(tensor.shape)")
      }
    }
    return tensor
  }

  private func constant(_ name: String, for node: Graph<OnnxOperator>.Node) throws -> Value {
    guard let entry = weights[name] else {
      throw OnnxExecutionError.unreadableConstant(
        path: path, node: node.name, constant: name,
        reason: unreadable[name].map { "\($0)" } ?? "expected elements, found none")
    }
    return Value(try entry.tensor())
  }

  private func evaluate(
    _ node: Graph<OnnxOperator>.Node, _ inputs: [Value?]
  ) throws -> [Value] {
    let operation = node.operation
    let opset = opsets[operation.domain] ?? 0
    guard let known = OperatorTable.operator(operation.type, domain: operation.domain) else {
      preconditionFailure("node '\(node.name)' was not checked")
    }
    do {
      let results = try known.evaluate(
        OperatorCall(
          operation: operation, opset: opset, inputs: inputs, outputCount: node.outputs.count,
          kernels: kernels))
      for (index, name) in node.outputs.enumerated()
      where !name.isEmpty && index >= results.count {
        throw OperatorFailure.unsupported("output \(index) is not supported")
      }
      return results
    } catch OperatorFailure.unsupported(let reason) {
      throw unsupported(node, reason)
    } catch OperatorFailure.malformed(let reason) {
      throw OnnxExecutionError.malformed(
        path: path, node: node.name, operation: operation.qualifiedType, reason: reason)
    }
  }

  func unsupported(
    _ node: Graph<OnnxOperator>.Node, _ reason: String
  ) -> OnnxExecutionError {
    .unsupported(
      path: path, node: node.name, operation: node.operation.qualifiedType,
      opset: opsets[node.operation.domain] ?? 0, reason: reason)
  }
}

extension OnnxOperator {
  /// The operator with its domain, as in `com.microsoft.FusedConv`; standard ones without.
  var qualifiedType: String { domain.isEmpty ? type : "\(domain).\(type)" }
}
