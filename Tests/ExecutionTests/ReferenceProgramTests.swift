import Execution
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// Whole programs of a tiny network with random weights, in every precision.
@Suite struct ReferenceProgramTests {
  @Test(arguments: Precision.allCases)
  func `bytes do not depend on threads or taps`(precision: Precision) throws {
    let tiny = try TinyProgram(precision)
    let expected = try tiny.compiled(threads: 1).run(tiny.inputs).mapValues(\.bits)
    for threads in [2, 5, 64] {
      #expect(
        try tiny.compiled(threads: threads).run(tiny.inputs).mapValues(\.bits) == expected)
    }
    let program = tiny.bound.program
    let names = Set(program.inputs + program.steps.map(\.name))
    var seen: [String] = []
    let tapped = try tiny.compiled(threads: 2).run(
      tiny.inputs, taps: Taps(names) { name, _ in seen.append(name) })
    #expect(tapped.mapValues(\.bits) == expected)
    #expect(seen == program.inputs + program.steps.map(\.name))
  }

  @Test(arguments: Precision.allCases)
  func `a step run alone gives the value that was tapped`(precision: Precision) throws {
    let tiny = try TinyProgram(precision)
    let program = tiny.bound.program
    var values: [String: FloatTensor] = [:]
    let compiled = tiny.compiled(threads: 2)
    let names = Set(program.inputs + program.steps.map(\.name))
    _ = try compiled.run(tiny.inputs, taps: Taps(names) { values[$0] = $1 })
    for step in program.steps {
      let inputs = try step.inputs.map { try #require(values[$0]) }
      #expect(
        try compiled.run(step: step.name, inputs: inputs).bits == values[step.name]?.bits,
        "\(step.name)")
    }
  }

  @Test(arguments: Precision.allCases)
  func `steps read what replaces values, rounded to their storage`(precision: Precision) throws {
    let tiny = try TinyProgram(precision)
    let program = tiny.bound.program
    let compiled = tiny.compiled(threads: 2)
    let names = Set(program.steps.map(\.name))
    var generator = SeededGenerator(seed: 9)
    var (replacements, seen): ([String: FloatTensor], [String: FloatTensor]) = ([:], [:])
    _ = try compiled.run(
      tiny.inputs,
      taps: Taps(names) { name, value in
        replacements[name] = .random(value.shape, in: -3...3, using: &generator)
      })
    let outputs = try compiled.run(
      tiny.inputs,
      taps: Taps(names, replacingWith: { replacements[$0] }, receive: { seen[$0] = $1 }))
    let given = tiny.inputs.merging(replacements) { first, _ in first }
    for step in program.steps {
      let operands = try step.inputs.map { try #require(given[$0]) }
      #expect(
        try compiled.run(step: step.name, inputs: operands).bits == seen[step.name]?.bits,
        "\(step.name)")
    }
    for output in program.outputs {
      let storage = tiny.bound.storage(of: output.value)
      let expected = try #require(replacements[output.value]).values.map(storage.rounded)
      #expect(outputs[output.name]?.values == expected)
    }
  }

  @Test func `values in binary16 are binary16 numbers`() throws {
    let tiny = try TinyProgram(.float16)
    let names = Set(tiny.bound.program.inputs + tiny.bound.program.steps.map(\.name))
    _ = try tiny.compiled(threads: 2).run(
      tiny.inputs,
      taps: Taps(names) { name, value in
        #expect(value.values.allSatisfy { Float(Float16($0)) == $0 }, "\(name)")
      })
  }

  @Test func `values in bfloat16 are bfloat16 numbers, and the logits are not`() throws {
    let tiny = try TinyProgram(.bfloat16)
    let program = tiny.bound.program
    var wide: [String] = []
    _ = try tiny.compiled(threads: 2).run(
      tiny.inputs,
      taps: Taps(Set(program.inputs + program.steps.map(\.name))) { name, value in
        if !value.values.allSatisfy({ $0.roundedToBFloat16 == $0 }) { wide.append(name) }
      })
    #expect(wide == ["Decoder.pred2", "Decoder.upsample"])
    let logits = try #require(program.step("Decoder.pred2"))
    #expect(tiny.bound.arithmetic(of: logits) == .bfloat16)
  }

  @Test func `every step is told when it has ended, in order`() throws {
    let tiny = try TinyProgram(.float32)
    var ended: [String] = []
    let compiled = tiny.compiled(threads: 2)
    let held = try compiled.run(held: tiny.inputs, taps: Taps { ended.append($0) })
    #expect(ended == tiny.bound.program.steps.map(\.name))
    #expect(
      try held["logits"]?.floats().bits == compiled.run(tiny.inputs)["logits"]?.bits)
  }

  @Test func `in int8 the convolutions, and only they and what feeds them, run on integers`() throws
  {
    let bound = try TinyProgram(.int8).bound
    let wide = bound.program.steps.filter { bound.arithmetic(of: $0) != .int8 }
    #expect(wide.map(\.name) == ["Memory.read", "Decoder.upsample"])
    #expect(wide.map(bound.arithmetic) == [.bfloat16, .float32])
    #expect(bound.storage(of: "Decoder.pred2") == .float32)
  }

  @Test func `a missing input is named`() throws {
    let tiny = try TinyProgram(.float32)
    var inputs = tiny.inputs
    inputs["r3"] = nil
    #expect(throws: ExecutionError.missingInput(program: "decode", input: "r3")) {
      try tiny.compiled(threads: 1).run(inputs)
    }
  }

  @Test(
    arguments: [
      ("key", [1, 4, 2, 3], "Memory.read", "[1, 4, 1, 2]"),
      ("memory_values", [2, 6, 1, 1, 2], "Memory.read", "[2, V, 2, 1, 2]"),
      ("memory_keys", [2, 4, 1, 2], "Memory.read", "[N, K, T, H, W]"),
      ("value", [1, 6, 2, 2], "Memory.concatenate", "[N, C, 1, 2]"),
      ("value", [3, 6, 1, 2], "Memory.concatenate", "[N, C, 1, 2]"),
      ("value", [1, 5, 1, 2], "Decoder.convFM", "[N, 12, H, W]"),
      ("r3", [1, 16, 2], "Decoder.RF3.convFS", "[N, C, H, W]"),
      ("r3", [1, 15, 2, 4], "Decoder.RF3.convFS", "[N, 16, H, W]"),
      ("r2", [1, 8, 4, 6], "Decoder.RF2.add", "[1 or 2, 4, 4, 8]"),
    ] as [(String, Shape, String, String)])
  func `an input of the wrong shape is refused with the step that reads it`(
    input: String, shape: Shape, step: String, expected: String
  ) throws {
    let tiny = try TinyProgram(.float32)
    var inputs = tiny.inputs
    inputs[input] = FloatTensor(zeros: shape)
    let error = try #require(throws: ExecutionError.self) {
      try tiny.compiled(threads: 1).run(inputs)
    }
    guard case .shape(step, expected, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `a step that is not there is named`() throws {
    let tiny = try TinyProgram(.float32)
    #expect(throws: ExecutionError.noStep(program: "decode", step: "Decoder.none")) {
      try tiny.compiled(threads: 1).run(step: "Decoder.none", inputs: [])
    }
  }

  @Test func `what a tap throws ends the run`() throws {
    struct Stop: Error {}
    let tiny = try TinyProgram(.float32)
    #expect(throws: Stop.self) {
      try tiny.compiled(threads: 1).run(
        tiny.inputs, taps: Taps(["Decoder.convFM"]) { _, _ in throw Stop() })
    }
  }

  @Test func `a model without a parameter cannot be bound, and the parameter is named`() throws {
    let program = Program(deploying: STMNetwork(.tiny).decode)
    let weights = try TensorArchive(
      TensorArchive.random(STMNetwork(.tiny).parameters, seed: 1).entries.filter {
        $0.name != "Decoder.pred2.bias"
      })
    #expect(throws: ParameterError.missing("Decoder.pred2.bias")) {
      try BoundProgram(program, precision: .float32, weights: weights)
    }
  }

  @Test func `a ReLU keeps NaN and a pooling ignores its padding`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let relu = b.layer("relu", .relu, "x")
    let pool = b.layer("pool", .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), "x")
    let bound = try BoundProgram(
      Program(layersOf: b.finish(["relu": relu, "pool": pool])), precision: .float32,
      weights: try TensorArchive([:]))
    let x = FloatTensor(shape: [1, 1, 1, 3], values: [.nan, -2, 3])
    let outputs = try ReferenceBackend(threads: 1).compile(bound).run(["x": x])
    let rectified = try #require(outputs["relu"]).values
    #expect(rectified[0].isNaN && rectified[1...] == [0, 3])
    let negative = FloatTensor(shape: [1, 1, 1, 3], values: [-5, -4, -3])
    #expect(
      try ReferenceBackend(threads: 1).compile(bound).run(["x": negative])["pool"]?.values
        == [-4, -3])
  }
}

/// The decoder of the tiny network, for two objects and two frames in memory.
private struct TinyProgram {
  let bound: BoundProgram
  let inputs: [String: FloatTensor]

  init(_ precision: Precision) throws {
    let network = STMNetwork(.tiny)
    let program = Program(deploying: network.decode)
    var weights = try TensorArchive.random(network.parameters, seed: 1)
    var statistics = CalibrationStatistics(model: "m")
    for value in program.integerValues {
      statistics.values["decode", default: [:]][program.quantizationOwner(of: value)] =
        ValueStatistics(of: [-2, 2])
    }
    weights = try TensorArchive(
      program.tensors(of: weights, in: PrecisionPlan(precision), statistics: statistics))
    bound = try BoundProgram(program, precision: precision, weights: weights)
    var generator = SeededGenerator(seed: 2)
    let shapes: [(String, Shape)] = [
      ("memory_keys", [2, 4, 2, 1, 2]), ("memory_values", [2, 6, 2, 1, 2]), ("key", [1, 4, 1, 2]),
      ("value", [1, 6, 1, 2]), ("r3", [1, 16, 2, 4]), ("r2", [1, 8, 4, 8]),
    ]
    var inputs: [String: FloatTensor] = [:]
    for (name, shape) in shapes { inputs[name] = .random(shape, using: &generator) }
    self.inputs = inputs
  }

  func compiled(threads: Int) -> any CompiledProgram {
    ReferenceBackend(threads: threads).compile(bound)
  }
}
