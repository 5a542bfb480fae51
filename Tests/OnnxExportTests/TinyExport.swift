import Execution
import Models
import Networks
import OnnxExecution
import OnnxExport
import OnnxFiles
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// The tiny network in one precision, with inputs for its programs: two objects and two frames in
/// memory.
struct TinyExport {
  let model: Model
  /// What each graph is given, by graph.
  let inputs: [String: [String: FloatTensor]]

  init(_ precision: Precision) throws {
    let network = STMNetwork(.tiny)
    let weights = try TensorArchive.random(network.parameters, seed: 1)
    let wide = try Model(network, precision: .float32, weights: weights, path: "tiny")
    inputs = try Self.inputs(of: wide)
    guard precision != .float32 else {
      model = wide
      return
    }
    let plan = PrecisionPlan(precision)
    let statistics = precision == .int8 ? try Self.statistics(of: wide, inputs) : nil
    model = try Model(
      network, plan: plan, weights: try wide.quantized(by: plan, statistics: statistics),
      path: "tiny-\(plan.name)")
  }

  /// The target that takes the model.
  var target: OnnxExport.Target { [.int8, .w8].contains(model.plan.standard) ? .qdq : .onnx }

  /// The model's export.
  func export(operatorSet: Int = 17, foldsBatchNorms: Bool = false) throws -> OnnxExport {
    try OnnxExport(
      of: model, to: target, operatorSet: operatorSet, foldsBatchNorms: foldsBatchNorms,
      metadata: ["a": "1"], version: "1.2.3")
  }

  /// What the model's deployed programs make of the inputs, by graph and output.
  func run() throws -> [String: [String: FloatTensor]] {
    try outputs { graph, inputs in
      try ReferenceBackend(threads: 1).compile(model.deployed(graph)).run(inputs)
    }
  }

  /// What the graphs of `export` make of them, read back from files.
  func run(_ export: OnnxExport) throws -> [String: [String: FloatTensor]] {
    try outputs { graph, inputs in
      let document = try #require(export.documents.first { $0.name == graph.name })
      return try Self.read(document) { file in
        try OnnxProgram(file, path: graph.name).run(inputs.mapValues { Tensor($0) })
          .mapValues { $0.floats() }
      }
    }
  }

  /// Calls `body` with `document` as it is read back from a file.
  static func read<Result>(
    _ document: OnnxDocument, _ body: (OnnxModel) throws -> Result
  ) throws -> Result {
    var result: Result?
    try ScratchFolder.with { folder in
      try OnnxFile.write(document, to: folder.file("graph.onnx"))
      result = try body(OnnxFile.read(folder.file("graph.onnx")))
    }
    return try #require(result)
  }

  private func outputs(
    _ run: (Graph<LayerOperation>, [String: FloatTensor]) throws -> [String: FloatTensor]
  ) throws -> [String: [String: FloatTensor]] {
    var outputs: [String: [String: FloatTensor]] = [:]
    for graph in model.network.graphs {
      outputs[graph.name] = try run(graph, try #require(inputs[graph.name]))
    }
    return outputs
  }

  private static func inputs(of model: Model) throws -> [String: [String: FloatTensor]] {
    var generator = SeededGenerator(seed: 2)
    let frames = (0..<3).map { _ in
      FloatTensor.random([1, 3, 32, 48], in: 0...1, using: &generator)
    }
    let masks = FloatTensor.random([2, 1, 32, 48], in: 0...1, using: &generator)
    let others = FloatTensor(stacking: [masks.slice(1), masks.slice(0)])
    let memorize = ReferenceBackend(threads: 1).compile(
      try model.deployed(model.network.memorize))
    let memories = try frames.dropFirst().map {
      try memorize.run(["frame": $0, "mask": masks, "others": others])
    }
    let query = try ReferenceBackend(threads: 1).compile(
      try model.deployed(model.network.query)
    ).run(["frame": frames[0]])
    var decode = query
    for (name, output) in [("memory_keys", "key"), ("memory_values", "value")] {
      decode[name] = try FrameStack(memories.map { try #require($0[output]) }).floats()
    }
    return [
      "memorize": ["frame": frames[1], "mask": masks, "others": others],
      "query": ["frame": frames[0]], "decode": decode,
    ]
  }

  private static func statistics(
    of model: Model, _ inputs: [String: [String: FloatTensor]]
  ) throws -> CalibrationStatistics {
    var statistics = CalibrationStatistics(model: try model.fingerprint)
    for graph in model.network.graphs {
      let program = try ReferenceBackend(threads: 1).compile(model.deployed(graph))
      let owners = program.bound.program.integerValues.map(
        program.bound.program.quantizationOwner)
      var seen: [String: ValueStatistics] = [:]
      let taps = Taps(Set(owners)) { seen[$0] = ValueStatistics(of: $1.values) }
      _ = try program.run(try #require(inputs[graph.name]), taps: taps)
      statistics.values[graph.name] = seen
    }
    return statistics
  }
}
