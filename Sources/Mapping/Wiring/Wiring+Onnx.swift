import Networks
import OnnxFiles
import Tensors

extension Wiring {
  /// The wiring of an exporter's graph. Throws ``MappingError`` for operators of quantized models
  /// and of layouts of one processor.
  init(_ model: OnnxModel, path: String) throws {
    let graph = try model.graph
    let quantized = Set(graph.nodes.map(\.operation.type)).intersection(OnnxNode.quantized)
    guard quantized.isEmpty else {
      throw MappingError.quantizedExport(path: path, operators: quantized.sorted())
    }
    var readers: [String: Int] = [:]
    for node in graph.nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
    for output in graph.outputs { readers[output.value, default: 0] += 1 }
    var constants = ConstantProgram(model.weights)
    let nodes = graph.nodes.filter { !constants.absorb($0) }
    if let node = nodes.first(where: ChannelBlocks.isConvolution) {
      guard let blocks = try ChannelBlocks(nodes, constants), blocks.add(to: &constants) else {
        throw MappingError.processorLayout(
          path: path, node: node.operation.label, domain: ChannelBlocks.domain)
      }
    }
    self.init(readers: readers, constants: constants)
    for input in model.inputs { add(.input, input.name, reading: [], makes: input.name) }
    for node in nodes { try OnnxNode(node, constants: constants, path: path).add(to: &self) }
    for node in graph.outputs { output(node.name, node.value) }
  }
}

/// A node of an exporter's graph, read as a layer.
private struct OnnxNode {
  let node: Graph<OnnxOperator>.Node
  let constants: ConstantProgram
  let path: String

  init(_ node: Graph<OnnxOperator>.Node, constants: ConstantProgram, path: String) {
    self.node = node
    self.constants = constants
    self.path = path
  }

  private var type: String { node.operation.type }
  private var name: String { node.operation.label }

  /// The input at `index`, or nil where it is left out.
  private func input(_ index: Int) -> String? {
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    return node.inputs[index]
  }

  private func constant(_ index: Int) -> String? {
    input(index).flatMap { isConstant($0) ? $0 : nil }
  }

  /// Whether `value` is a constant, or computed from constants.
  private func isConstant(_ value: String) -> Bool {
    constants.shape(value) != nil && constants.obstacle(value) == nil
  }

  func add(to wiring: inout Wiring) throws {
    let edges = node.inputs.compactMap { wiring[$0] }
    let outputs = node.outputs.filter { !$0.isEmpty }
    guard let first = edges.first, let value = outputs.first else { return }
    switch type {
    case "Conv", "FusedConv": try addConvolution(first, to: &wiring, makes: value)
    case "BatchNormalization":
      let norm = WiredBatchNorm(
        name: name, constants: (1...4).map(constant), epsilon: Double(epsilon))
      wiring.pass(first, .batchNorm(norm), makes: value)
    case "Relu": wiring.pass(first, .relu, makes: value)
    case "Clip" where isRelu: wiring.pass(first, .relu, makes: value)
    case "Pad": wiring.pass(first, .padding(padding), makes: value)
    case "Add", "Sum", "Sub", "Mul", "Div": addArithmetic(edges, to: &wiring, makes: value)
    case "MaxPool" where isStemPool(behind: first):
      wiring.add(.maxPool, name, reading: [first], makes: value)
    case "Resize" where !isBilinear: wiring.addMixture(name, of: edges, makes: outputs)
    case "Resize", "Upsample": wiring.add(.upsample, name, reading: [first], makes: value)
    case "Slice", "Gather", "Split":
      if touchesChannels {
        wiring.addMixture(name, of: edges, makes: outputs)
      } else {
        for value in outputs { wiring.pass(first, makes: value) }
      }
    case let type where Self.rearranging.contains(type):
      for value in outputs { wiring.pass(first, makes: value) }
    case let type where Self.measuring.contains(type): return
    case "Concat" where edges.count == 1: wiring.pass(first, makes: value)
    default: wiring.addMixture(name, of: edges, makes: outputs)
    }
  }

  /// Whether a pooling is that of the stem: a window of 3, steps of 2, a border of 1.
  private func isStemPool(behind edge: Wiring.Edge) -> Bool {
    var pads = node.operation.integers("pads") ?? [0, 0, 0, 0]
    for case .padding(let sides?) in edge.passages { pads = zip(pads, sides).map { $0 + $1 } }
    return node.operation.integers("kernel_shape") == [3, 3]
      && node.operation.integers("strides") == [2, 2] && pads == [1, 1, 1, 1]
      && (node.operation.integer("ceil_mode") ?? 0) == 0
  }

  /// Whether a `Resize` interpolates between half-pixel centres, as far as it says so.
  private var isBilinear: Bool {
    node.operation.text("mode") == "linear"
      && ["half_pixel", "pytorch_half_pixel"].contains(
        node.operation.text("coordinate_transformation_mode") ?? "half_pixel")
  }

  /// Whether a `Slice`, `Gather` or `Split` may choose or reorder channels of an image.
  private var touchesChannels: Bool {
    if type != "Slice" { return abs(node.operation.integer("axis") ?? 0) == 1 }
    guard input(0) != nil, node.inputs.count > 3 || node.operation.integers("axes") != nil
    else { return true }
    let axes = node.operation.integers("axes") ?? input(3).flatMap(integers) ?? [1]
    let steps = input(4).flatMap(integers) ?? []
    return axes.contains { $0 == 1 || $0 == -3 } || steps.contains { $0 < 0 }
  }

  private func integers(_ name: String) -> [Int]? {
    guard let entry = constants.constant(name), entry.elementType == .int64,
      entry.shape.elementCount <= 16
    else { return nil }
    return (try? entry.tensor())?.integers().map { Int(clamping: $0) }
  }

  /// A convolution, and the sum and the activation that an optimizer fused into it.
  private func addConvolution(
    _ edge: Wiring.Edge, to wiring: inout Wiring, makes value: String
  ) throws {
    guard node.operation.domain != "com.ms.internal.nhwc" else {
      throw MappingError.processorLayout(path: path, node: name, domain: node.operation.domain)
    }
    for index in 1...2 {
      guard let value = input(index), let operation = constants.obstacle(value) else { continue }
      throw MappingError.computedWeight(path: path, node: name, operation: operation)
    }
    let unblocked = ChannelBlocks.names(of: node)
    let isUnblocked = constants.holds(unblocked.kernel)
    let bias = isUnblocked && constants.holds(unblocked.bias) ? unblocked.bias : constant(2)
    guard let weight = isUnblocked ? unblocked.kernel : constant(1),
      let kernel = constants.shape(weight), kernel.rank == 4
    else {
      wiring.addMixture(name, of: [edge], makes: [value])
      return
    }
    let dilations = node.operation.integers("dilations") ?? [1, 1]
    let strides = node.operation.integers("strides") ?? [1, 1]
    let convolution = WiredConvolution(
      kernel: kernel, weight: weight, bias: bias, strides: strides,
      padding: padding(of: kernel, strides: strides, dilations: dilations), dilations: dilations,
      groups: node.operation.integer("group") ?? 1)
    let plain = "\(value)#convolution"
    let sum = "\(value)#sum"
    let addend = input(3)
    wiring.add(
      .convolution, name, reading: [edge], makes: addend == nil ? plain : "\(plain)#term",
      convolution: convolution)
    if let addend {
      wiring.addSum("\(name)+sum", of: ["\(plain)#term", addend], makes: sum)
    }
    guard let result = wiring[addend == nil ? plain : sum] else { return }
    switch node.operation.text("activation") {
    case nil: wiring.pass(result, makes: value)
    case "Relu": wiring.pass(result, .relu, makes: value)
    default: wiring.addMixture("\(name)+activation", of: [result], makes: [value])
    }
  }

  /// The padding of a convolution as attributes give it.
  private func padding(of kernel: Shape, strides: [Int], dilations: [Int]) -> [Int]? {
    switch node.operation.text("auto_pad") ?? "NOTSET" {
    case "NOTSET", "VALID": node.operation.integers("pads") ?? [0, 0, 0, 0]
    case let mode:
      Wiring.samePadding(
        kernel: [kernel[2], kernel[3]], strides: strides, dilations: dilations,
        isLower: mode == "SAME_LOWER")
    }
  }

  private func addArithmetic(
    _ edges: [Wiring.Edge], to wiring: inout Wiring, makes value: String
  ) {
    let operands = node.inputs.filter(isConstant)
    if edges.count == 1, operands.count == 1, node.inputs.count == 2 {
      let isFirst = operands[0] == node.inputs[0]
      switch type {
      case "Add", "Sum": pass(.shift(constant: operands[0], isNegative: false))
      case "Sub" where !isFirst: pass(.shift(constant: operands[0], isNegative: true))
      case "Mul": pass(.scale(constant: operands[0], isReciprocal: false))
      case "Div" where !isFirst: pass(.scale(constant: operands[0], isReciprocal: true))
      default: wiring.addMixture(name, of: edges, makes: [value])
      }
    } else if type == "Add" || type == "Sum", edges.count == node.inputs.count {
      wiring.addSum(name, of: node.inputs, makes: value)
    } else {
      wiring.addMixture(name, of: edges, makes: [value])
    }

    func pass(_ passage: Wiring.Passage) { wiring.pass(edges[0], passage, makes: value) }
  }

  private var epsilon: Float {
    if case .float(let value)? = node.operation.attributes["epsilon"] { value } else { 1e-5 }
  }

  /// Whether a `Clip` has a lower bound of zero and no upper one.
  private var isRelu: Bool {
    var lower: Float?
    var hasUpper = constant(2) != nil || input(2) != nil
    if case .float(let value)? = node.operation.attributes["min"] { lower = value }
    if case .float(let value)? = node.operation.attributes["max"] {
      hasUpper = value < .greatestFiniteMagnitude
    }
    if let name = constant(1), let bound = try? constants.constant(name)?.floats(),
      bound.values.count == 1
    {
      lower = bound.values[0]
    }
    return lower == 0 && !hasUpper
  }

  /// The zeros that a `Pad` adds on top, left, bottom and right of an `[N, C, H, W]` value.
  private var padding: [Int]? {
    guard (node.operation.text("mode") ?? "constant") == "constant" else { return nil }
    var values = node.operation.integers("pads")
    if let name = constant(1), let entry = constants.constant(name), entry.elementType == .int64,
      entry.shape.elementCount <= 16
    {
      values = (try? entry.tensor())?.bitPatterns(as: Int64.self).map { Int(clamping: $0) }
    }
    guard let values, values.count == 8, values[0] == 0, values[1] == 0, values[4] == 0,
      values[5] == 0
    else { return nil }
    return [values[2], values[3], values[6], values[7]]
  }

  static let quantized: Set = [
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "ConvInteger",
    "QLinearMatMul", "MatMulInteger", "QLinearAdd", "QGemm",
  ]

  /// Operators that move elements and change none.
  private static let rearranging: Set = [
    "Identity", "Cast", "CastLike", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten",
    "Expand", "Tile", "Dropout", "ReorderInput", "ReorderOutput",
  ]

  /// Operators that look at the shape of a value only.
  private static let measuring: Set = ["Shape", "Size", "ConstantOfShape"]
}

extension Wiring {
  /// The padding that keeps `ceil(size / stride)`, where it is the same for every image size.
  ///
  /// The amount is `max(kernel - stride, 0)` for sizes that the stride divides, which all sizes of
  /// STM's are; an odd amount lies more on one side.
  static func samePadding(
    kernel: [Int], strides: [Int], dilations: [Int], isLower: Bool
  ) -> [Int]? {
    let amounts = zip(zip(kernel, strides), dilations).map { sizes, dilation in
      max((sizes.0 - 1) * dilation + 1 - sizes.1, 0)
    }
    guard amounts.count == 2 else { return nil }
    let before = amounts.map { isLower ? $0 - $0 / 2 : $0 / 2 }
    return before + zip(amounts, before).map { $0 - $1 }
  }
}
