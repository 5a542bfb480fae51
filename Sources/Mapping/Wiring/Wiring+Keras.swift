import KerasFiles
import Networks
import Tensors

extension Wiring {
  /// The wiring of a Keras model, from the configuration that its file holds; constants are named
  /// `LAYER.VARIABLE`.
  init(_ graph: Graph<KerasModel.Layer>, shapes: [String: Shape]) {
    var readers: [String: Int] = [:]
    for node in graph.nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
    for output in graph.outputs { readers[output.value, default: 0] += 1 }
    self.init(readers: readers)
    for input in graph.inputs { add(.input, input, reading: [], makes: input) }
    for node in graph.nodes { KerasNode(node: node, shapes: shapes).add(to: &self) }
    for result in graph.outputs { output(result.name, result.value) }
  }
}

/// A use of a Keras layer, read as a layer of a network.
private struct KerasNode {
  let node: Graph<KerasModel.Layer>.Node
  /// The shapes of all variables in PyTorch's order of axes, by `LAYER.VARIABLE`.
  let shapes: [String: Shape]

  private var layer: KerasModel.Layer { node.operation }
  private var name: String { "\(layer.className) \(node.name)" }

  private func variable(_ name: String) -> String? {
    let full = "\(layer.name).\(name)"
    return shapes[full] == nil ? nil : full
  }

  func add(to wiring: inout Wiring) {
    let edges = node.inputs.compactMap { wiring[$0] }
    guard let first = edges.first, let value = node.outputs.first else { return }
    switch layer.className {
    case "Conv2D": addConvolution(first, to: &wiring, makes: value)
    case "BatchNormalization":
      let norm = WiredBatchNorm(
        name: name,
        constants: ["gamma", "beta", "moving_mean", "moving_variance"].map(variable),
        epsilon: layer.epsilon ?? 1e-3)
      wiring.pass(first, .batchNorm(norm), makes: value)
    case "ReLU" where isPlain: wiring.pass(first, .relu, makes: value)
    case "Activation" where layer.activation == "relu": wiring.pass(first, .relu, makes: value)
    case "Activation" where layer.activation == "linear": wiring.pass(first, makes: value)
    case "ZeroPadding2D": wiring.pass(first, .padding(sides), makes: value)
    case "Add": wiring.addSum(name, of: node.inputs, makes: value)
    case "MaxPooling2D" where isStemPool(behind: first):
      wiring.add(.maxPool, name, reading: [first], makes: value)
    case "UpSampling2D" where layer.interpolation == "bilinear":
      wiring.add(.upsample, name, reading: [first], makes: value)
    case "Dropout", "SpatialDropout2D", "Identity", "Permute", "Reshape", "Cropping2D":
      wiring.pass(first, makes: value)
    default: wiring.addMixture(name, of: edges, makes: node.outputs)
    }
  }

  /// Whether a pooling is that of the stem: a window of 3, steps of 2, a border of 1.
  private func isStemPool(behind edge: Wiring.Edge) -> Bool {
    let borders = edge.passages.compactMap { passage -> [Int]? in
      if case .padding(let sides) = passage { sides } else { nil }
    }
    return layer.poolSize == [3, 3] && (layer.strides ?? [3, 3]) == [2, 2]
      && (layer.padding ?? .valid) == .valid && borders == [[1, 1, 1, 1]]
  }

  /// A ReLU without slope, threshold and upper bound.
  private var isPlain: Bool {
    layer.maximum == nil && (layer.negativeSlope ?? 0) == 0 && (layer.threshold ?? 0) == 0
  }

  private func addConvolution(
    _ edge: Wiring.Edge, to wiring: inout Wiring, makes value: String
  ) {
    guard let weight = variable("kernel"), let kernel = shapes[weight], kernel.rank == 4 else {
      wiring.addMixture(name, of: [edge], makes: [value])
      return
    }
    let strides = layer.strides ?? [1, 1]
    let dilations = layer.dilation ?? [1, 1]
    let padding =
      layer.padding == .same
      ? Wiring.samePadding(
        kernel: [kernel[2], kernel[3]], strides: strides, dilations: dilations, isLower: false)
      : sides ?? [0, 0, 0, 0]
    let plain = "\(value)#convolution"
    wiring.add(
      .convolution, name, reading: [edge], makes: plain,
      convolution: WiredConvolution(
        kernel: kernel, weight: weight, bias: variable("bias"), strides: strides,
        padding: padding, dilations: dilations, groups: layer.groups ?? 1))
    guard let result = wiring[plain] else { return }
    switch layer.activation ?? "linear" {
    case "linear": wiring.pass(result, makes: value)
    case "relu": wiring.pass(result, .relu, makes: value)
    default: wiring.addMixture("\(name) activation", of: [result], makes: [value])
    }
  }

  private var sides: [Int]? {
    guard case .explicit(let top, let bottom, let left, let right)? = layer.padding else {
      return nil
    }
    return [top, left, bottom, right]
  }
}
