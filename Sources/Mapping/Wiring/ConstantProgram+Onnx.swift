import Networks
import OnnxFiles
import Tensors

extension ConstantProgram {
  /// Takes in `node` if it reads constants alone, and says whether it does.
  mutating func absorb(_ node: Graph<OnnxOperator>.Node) -> Bool {
    let inputs = node.inputs.filter { !$0.isEmpty }
    guard !inputs.isEmpty, inputs.allSatisfy(holds) else { return false }
    let label = node.operation.label
    let outputs = node.outputs.filter { !$0.isEmpty }
    let obstacle = inputs.compactMap(obstacle).first
    if obstacle == nil, outputs.count == 1, let step = step(of: node) {
      add(
        outputs[0], by: label, step.operation, step.operands, shape: step.shape,
        isFloatingPoint: step.isFloatingPoint)
    } else {
      for output in outputs { addObstacle(output, by: obstacle ?? label) }
    }
    return true
  }

  private typealias Reading = (
    operation: Operation, operands: [String], shape: Shape, isFloatingPoint: Bool
  )

  private func step(of node: Graph<OnnxOperator>.Node) -> Reading? {
    let (operation, inputs) = (node.operation, node.inputs)
    guard operation.domain.isEmpty, let first = inputs.first, let shape = shape(first),
      shape.rank <= Self.rankLimit
    else { return nil }
    let isFloatingPoint = isFloatingPoint(first)
    func copy(_ shape: Shape?) -> Reading? {
      shape.map { (.copy, [first], $0, isFloatingPoint) }
    }
    func elementwise(_ operation: Operation) -> Reading? {
      isFloatingPoint ? (operation, [first], shape, true) : nil
    }
    switch operation.type {
    case "Identity": return copy(shape)
    case "Cast":
      guard Self.floatingPointTypes.contains(operation.integer("to") ?? 0) else { return nil }
      return (.copy, [first], shape, true)
    case "Neg": return elementwise(.negate)
    case "Sqrt": return elementwise(.squareRoot)
    case "Reciprocal": return elementwise(.reciprocal)
    case "Pow": return power(node).flatMap(elementwise)
    case "Add": return arithmetic(.add, inputs)
    case "Sub": return arithmetic(.subtract, inputs)
    case "Mul": return arithmetic(.multiply, inputs)
    case "Div": return arithmetic(.divide, inputs)
    case "Transpose":
      let order = operation.integers("perm") ?? (0..<shape.rank).reversed()
      guard order.sorted() == Array(0..<shape.rank) else { return nil }
      return (.transpose(order), [first], Shape(order.map { shape[$0] }), isFloatingPoint)
    case "Unsqueeze": return copy(unsqueezed(shape, node))
    case "Squeeze": return copy(squeezed(shape, node))
    case "Reshape": return copy(reshaped(shape, node))
    default: return nil
    }
  }
}

extension ConstantProgram {
  /// The data types `FLOAT`, `FLOAT16`, `DOUBLE` and `BFLOAT16` of ONNX.
  private static let floatingPointTypes: Set = [1, 10, 11, 16]

  private static let rankLimit = 8

  private func arithmetic(_ operation: Operation, _ inputs: [String]) -> Reading? {
    guard inputs.count == 2, inputs.allSatisfy(isFloatingPoint), let left = shape(inputs[0]),
      let right = shape(inputs[1]), right.rank <= Self.rankLimit,
      let shape = left.broadcast(with: right)
    else { return nil }
    return (operation, inputs, shape, true)
  }

  /// What a `Pow` does, for the exponents that need no more than a square root.
  private func power(_ node: Graph<OnnxOperator>.Node) -> Operation? {
    guard node.inputs.count == 2, let entry = constant(node.inputs[1]),
      entry.shape.elementCount == 1, entry.shape.rank <= shape(node.inputs[0])?.rank ?? 0,
      let tensor = try? entry.tensor()
    else { return nil }
    switch tensor.numbers(in: 0..<1)[0] {
    case -1: return .reciprocal
    case -0.5: return .reciprocalRoot
    case 0.5: return .squareRoot
    case 1: return .copy
    case 2: return .square
    default: return nil
    }
  }

  /// The whole numbers of a constant, if they are few.
  private func integers(_ name: String?) -> [Int]? {
    guard let entry = name.flatMap(constant), entry.elementType == .int64, entry.shape.rank <= 1,
      entry.shape.elementCount <= Self.rankLimit
    else { return nil }
    return (try? entry.tensor())?.integers().map { Int($0) }
  }

  /// The axes of an `Unsqueeze` or `Squeeze`: an input since operator set 13, an attribute before.
  private func axes(of node: Graph<OnnxOperator>.Node) -> [Int]? {
    node.operation.integers("axes") ?? integers(node.inputs.dropFirst().first)
  }

  /// `axes` counted from the front of `rank`, each once; nil where they are not.
  private func places(_ axes: [Int], rank: Int) -> Set<Int>? {
    let places = axes.map { $0 < 0 ? $0.addingReportingOverflow(rank).partialValue : $0 }
    let unique = Set(places)
    return unique.count == axes.count && unique.allSatisfy((0..<rank).contains) ? unique : nil
  }

  private func unsqueezed(_ shape: Shape, _ node: Graph<OnnxOperator>.Node) -> Shape? {
    guard let axes = axes(of: node), axes.count <= Self.rankLimit,
      let ones = places(axes, rank: shape.rank + axes.count)
    else { return nil }
    var rest = shape.dimensions[...]
    return Shape((0..<shape.rank + axes.count).map { ones.contains($0) ? 1 : rest.removeFirst() })
  }

  private func squeezed(_ shape: Shape, _ node: Graph<OnnxOperator>.Node) -> Shape? {
    guard let axes = axes(of: node), let places = places(axes, rank: shape.rank),
      places.allSatisfy({ shape[$0] == 1 })
    else { return nil }
    return Shape(shape.dimensions.indices.filter { !places.contains($0) }.map { shape[$0] })
  }

  /// The shape that a `Reshape` gives: 0 copies an extent, -1 is what is left.
  private func reshaped(_ shape: Shape, _ node: Graph<OnnxOperator>.Node) -> Shape? {
    guard node.operation.integer("allowzero") ?? 0 == 0,
      var dimensions = integers(node.inputs.dropFirst().first)
    else { return nil }
    for (axis, extent) in dimensions.enumerated() where extent == 0 {
      guard axis < shape.rank else { return nil }
      dimensions[axis] = shape[axis]
    }
    if let open = dimensions.firstIndex(of: -1) {
      dimensions[open] = 1
      guard let rest = try? Shape(checking: dimensions), rest.elementCount > 0 else { return nil }
      dimensions[open] = shape.elementCount / rest.elementCount
    }
    guard let result = try? Shape(checking: dimensions), result.elementCount == shape.elementCount
    else { return nil }
    return result
  }
}
