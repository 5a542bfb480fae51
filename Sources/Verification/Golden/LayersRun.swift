import Execution
import Models
import Networks
import STMModel
import Segmentation
import Tensors

/// The inputs of a golden file.
struct GoldenInputs {
  let first: FloatTensor
  let second: FloatTensor
  let masks: FloatTensor
  let others: FloatTensor

  init(_ golden: TensorArchive, path: String) throws {
    func input(_ name: String, _ expected: String, _ fits: (Shape) -> Bool) throws -> FloatTensor {
      guard let entry = golden[name] else {
        throw VerificationError.missingGolden(path: path, tensor: name)
      }
      guard fits(entry.shape) else {
        throw VerificationError.goldenShape(
          path: path, tensor: name, expected: expected, found: entry.shape.description)
      }
      return try entry.floats()
    }
    let frames = try input("input/frames", "[2, 3, H, W] with H and W multiples of 16") {
      $0.rank == 4 && $0[0] == 2 && $0[1] == 3 && $0[2] % 16 == 0 && $0[3] % 16 == 0
        && $0.elementCount > 0
    }
    let (height, width) = (frames.shape[2], frames.shape[3])
    let masks = try input("input/masks", "[N, 1, \(height), \(width)]") {
      $0.rank == 4 && $0[0] > 0 && $0.dimensions.dropFirst() == [1, height, width]
    }
    others = try input("input/others", masks.shape.description) { $0 == masks.shape }
    self.masks = masks
    (first, second) = (frames.slice(0), frames.slice(1))
  }
}

/// One frame memorized and one segmented by the `layers` programs, every value kept.
struct LayersRun {
  /// The values by golden name, with their place in the network's order.
  private(set) var values: [String: (order: Int, FloatTensor)] = [:]
  /// The golden names of layers that were folded away.
  private(set) var insideFolds: Set<String> = []

  init(of model: Model, on inputs: GoldenInputs, backend: any Backend) throws {
    let network = model.network
    let memory = try run(
      network.memorize, of: model, "memorize",
      ["frame": inputs.first, "mask": inputs.masks, "others": inputs.others], backend)
    var query = try run(network.query, of: model, "segment", ["frame": inputs.second], backend)
    query["memory_keys"] = memory["key"]?.asMemory
    query["memory_values"] = memory["value"]?.asMemory
    let decoded = try run(network.decode, of: model, "segment", query, backend)
    guard let logits = decoded["logits"] else { preconditionFailure("no logits") }
    let objects = SoftAggregation.objectProbabilities(logits)
    keep(objects, as: "segment/object_probability")
    keep(SoftAggregation.aggregate(objects), as: "segment/probability")
  }

  private mutating func run(
    _ graph: Graph<LayerOperation>, of model: Model, _ prefix: String,
    _ inputs: [String: FloatTensor], _ backend: any Backend
  ) throws -> [String: FloatTensor] {
    let compiled = try backend.compile(model.layers(graph))
    let program = compiled.bound.program
    var made: [String: FloatTensor] = [:]
    let taps = Taps(Set(program.steps.map(\.name))) { made[$0] = $1 }
    let outputs = try compiled.run(inputs, taps: taps)
    for step in program.steps {
      if let value = made[step.name] { keep(value, as: "\(prefix)/\(step.name)") }
    }
    insideFolds.formUnion(program.layersInsideFolds.map { "\(prefix)/\($0)" })
    for (module, value) in program.modules.sorted(by: { $0.key < $1.key }) {
      if let value = made[value] { keep(value, as: "\(prefix)/\(module)") }
    }
    for output in program.outputs {
      if let value = made[output.value] { keep(value, as: "\(prefix)/\(output.name)") }
    }
    return outputs
  }

  private mutating func keep(_ value: FloatTensor, as name: String) {
    values[name] = (values[name]?.order ?? values.count, value)
  }
}

extension FloatTensor {
  /// `[N, C, h, w]` as a memory of one frame, `[N, C, 1, h, w]`.
  var asMemory: FloatTensor {
    FloatTensor(shape: [shape[0], shape[1], 1, shape[2], shape[3]], values: values)
  }
}

extension Program {
  /// The layers whose own values nobody can see, because a batch norm was folded into them.
  var layersInsideFolds: Set<String> {
    var layers: Set<String> = []
    for step in steps {
      layers.formUnion(step.covers.dropLast())
      if step.batchNorm != nil { layers.insert(step.layer) }
    }
    return layers
  }
}
