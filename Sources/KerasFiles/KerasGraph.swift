import Files
import Networks

/// Writes the uses of a model's layers down in an order in which they can run.
///
/// Nested models are written where they are used, with their name in front of their layers'.
struct KerasGraph {
  /// The most outputs that a layer may have.
  private static let maximumOutputs = 1000

  private let path: String
  private var outputs: KerasLayerCount
  private var nodes: [Graph<KerasModel.Layer>.Node] = []

  /// The graph of `model`, which the file at `path` describes: `limits` bound how many outputs its
  /// nodes have together.
  ///
  /// Throws ``KerasError``, `FileError` or `GraphError`.
  static func graph(
    of model: KerasConfiguration, path: String, limits: ReadingLimits
  ) throws -> Graph<KerasModel.Layer> {
    var writer = KerasGraph(path: path, limits: limits)
    var inputs = model.inputs.map(\.layer)
    for layer in model.layers where layer.isInput && !inputs.contains(layer.name) {
      inputs.append(layer.name)
    }
    let outputs = try writer.write(
      model, prefix: "", inputs: Dictionary(inputs.map { ($0, $0) }) { first, _ in first })
    return try Graph(
      name: model.name, inputs: inputs, nodes: writer.nodes,
      outputs: outputs.map { .init(name: $0, value: $0) })
  }

  private init(path: String, limits: ReadingLimits) {
    self.path = path
    outputs = KerasLayerCount(path: path, limits: limits)
  }

  /// One use of a layer.
  private struct Use: Hashable {
    let layer: Int
    let index: Int
  }

  /// Writes `model`, whose input layers have the values `inputs`; returns the values of its outputs.
  private mutating func write(
    _ model: KerasConfiguration, prefix: String, inputs: [String: String]
  ) throws -> [String] {
    let places = Dictionary(
      model.layers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let order = try order(of: model, places: places, prefix: prefix)
    var outputCounts: [Use: Int] = [:]
    for reference in model.layers.flatMap({ $0.uses.flatMap { $0 } }) + model.outputs {
      let use = try use(reference, in: model, places: places, prefix: prefix)
      outputCounts[use] = max(outputCounts[use, default: 1], reference.output + 1)
    }
    var values: [Use: [String]] = [:]
    for use in order {
      let layer = model.layers[use.layer]
      let name = prefix + layer.name
      if layer.isInput {
        values[use] = inputs[layer.name].map { [$0] }
        continue
      }
      var arguments: [String] = []
      for reference in layer.uses[use.index] {
        arguments.append(
          try value(reference, in: model, places: places, prefix: prefix, values: values))
      }
      if let inner = layer.model {
        values[use] = try write(
          inner, prefix: "\(name)/", inputs: try bind(arguments, to: inner, called: name))
        continue
      }
      let node = use.index == 0 ? name : "\(name)#\(use.index)"
      let count = outputCounts[use, default: 1]
      try self.outputs.add(count, nameBytes: node.utf8.count)
      let outputs = (0..<count).map { $0 == 0 ? node : "\(node):\($0)" }
      values[use] = outputs
      nodes.append(
        .init(
          name: node,
          operation: KerasModel.Layer(
            name: name, className: layer.className, config: layer.settings),
          inputs: arguments, outputs: outputs))
    }
    var outputs: [String] = []
    for reference in model.outputs {
      outputs.append(
        try value(reference, in: model, places: places, prefix: prefix, values: values))
    }
    return outputs
  }

  /// The uses of all layers, each after those that it reads.
  private func order(
    of model: KerasConfiguration, places: [String: Int], prefix: String
  ) throws(KerasError) -> [Use] {
    var order: [Use] = []
    var isDone: [Use: Bool] = [:]
    for (index, layer) in model.layers.enumerated() {
      for number in 0..<(layer.isInput ? 1 : layer.uses.count) {
        var stack = [(use: Use(layer: index, index: number), next: 0)]
        while let (use, next) = stack.last {
          let reads =
            model.layers[use.layer].isInput ? [] : model.layers[use.layer].uses[use.index]
          if next == 0 {
            if isDone[use] == true {
              stack.removeLast()
              continue
            }
            isDone[use] = false
          }
          guard next < reads.count else {
            isDone[use] = true
            order.append(use)
            stack.removeLast()
            continue
          }
          stack[stack.count - 1].next += 1
          let read = try self.use(reads[next], in: model, places: places, prefix: prefix)
          guard isDone[read] != false else {
            let start = stack.firstIndex { $0.use == read } ?? 0
            throw .cycle(
              path: path, layers: stack[start...].map { prefix + model.layers[$0.use.layer].name })
          }
          if isDone[read] == nil { stack.append((read, 0)) }
        }
      }
    }
    return order
  }

  /// The use that a reference means; references to models count from 0 or 1, so one is all.
  private func use(
    _ reference: KerasConfiguration.Reference, in model: KerasConfiguration, places: [String: Int],
    prefix: String
  ) throws(KerasError) -> Use {
    guard let place = places[reference.layer] else {
      throw .malformedConfiguration(
        path: path, layer: prefix + reference.layer,
        reason: "it is read, but is not among the layers of '\(model.name)'")
    }
    let layer = model.layers[place]
    guard layer.model == nil || layer.uses.count <= 1 else {
      throw .unsupported(
        path: path, layer: prefix + layer.name, found: "a model in a model that is used twice")
    }
    let index = layer.model == nil ? reference.use : max(0, reference.use - 1)
    guard index < (layer.isInput ? 1 : layer.uses.count),
      0..<Self.maximumOutputs ~= reference.output
    else {
      throw .malformedConfiguration(
        path: path, layer: prefix + layer.name,
        reason: "expected \(layer.uses.count) uses of it, found that use \(reference.use), "
          + "output \(reference.output), is read")
    }
    return Use(layer: place, index: index)
  }

  private func value(
    _ reference: KerasConfiguration.Reference, in model: KerasConfiguration, places: [String: Int],
    prefix: String, values: [Use: [String]]
  ) throws(KerasError) -> String {
    let use = try use(reference, in: model, places: places, prefix: prefix)
    let outputs = values[use] ?? []
    guard reference.output < outputs.count else {
      throw .malformedConfiguration(
        path: path, layer: prefix + reference.layer,
        reason: "expected \(outputs.count) outputs, found that output \(reference.output) is read")
    }
    return outputs[reference.output]
  }

  /// The values of the input layers of a nested `model` that is given `arguments`.
  private func bind(
    _ arguments: [String], to model: KerasConfiguration, called name: String
  ) throws(KerasError) -> [String: String] {
    guard arguments.count == model.inputs.count else {
      throw .malformedConfiguration(
        path: path, layer: name,
        reason: "expected \(model.inputs.count) inputs, found \(arguments.count)")
    }
    return Dictionary(zip(model.inputs.map(\.layer), arguments)) { first, _ in first }
  }
}
