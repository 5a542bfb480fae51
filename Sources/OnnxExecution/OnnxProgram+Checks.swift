import Networks
import OnnxFiles

extension OnnxProgram {
  /// Why `node` cannot run whatever it is given; nil where it may.
  func problem(_ node: Graph<OnnxOperator>.Node) -> OnnxExecutionError? {
    let operation = node.operation
    guard let opset = opsets[operation.domain] else {
      return .operatorSet(
        path: path, domain: operation.domain, found: nil, known: OperatorTable.opsets.inWords)
    }
    if operation.domain.isEmpty, !OperatorTable.published.contains(opset) {
      return .operatorSet(
        path: path, domain: operation.domain, found: opset, known: OperatorTable.opsets.inWords)
    }
    guard let known = OperatorTable.operator(operation.type, domain: operation.domain) else {
      return unsupported(node, "the operator is not supported")
    }
    guard operation.domain != "" || known.opsets.contains(opset) else {
      return unsupported(
        node, "the operator is supported in operator sets \(known.opsets.inWords) only")
    }
    func malformed(_ what: String, _ expected: ClosedRange<Int>, _ found: Int)
      -> OnnxExecutionError
    {
      .malformed(
        path: path, node: node.name, operation: operation.qualifiedType,
        reason: "\(what): expected \(expected.inWords), found \(found)")
    }
    guard known.inputs.contains(node.inputs.count) else {
      return malformed("number of inputs", known.inputs, node.inputs.count)
    }
    guard known.outputs.contains(node.outputs.count) else {
      return malformed("number of outputs", known.outputs, node.outputs.count)
    }
    let others = Set(operation.attributes.keys).subtracting(known.attributes).sorted()
    guard others.isEmpty else {
      return unsupported(
        node, "attribute \(others.map { "'\($0)'" }.joined(separator: ", ")) is not supported")
    }
    return nil
  }
}

extension ClosedRange<Int> {
  /// `3`, `1 to 3` or `at least 1`.
  fileprivate var inWords: String {
    if upperBound == .max { return "at least \(lowerBound)" }
    return lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)"
  }
}
