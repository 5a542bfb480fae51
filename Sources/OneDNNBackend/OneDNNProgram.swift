import COneDNN
import Execution
import Networks
import Tensors

/// A program that ``OneDNNBackend`` runs.
final class OneDNNProgram: CompiledProgram, @unchecked Sendable {  // state lives on `thread`
  let bound: BoundProgram
  private let thread: OneDNNThread
  private let engine: Engine
  private let arithmetic: Arithmetic
  private let packed = PackedWeights()
  private let loader: InputLoader
  // The sizes that programs meet in turns: those of a few clips.
  private var recipes = RecentCache<RecipeKey, Recipe>(capacity: 4)
  private var single = RecentCache<RecipeKey, Recipe>(capacity: 64)

  /// What tells recipes apart.
  private struct RecipeKey: Hashable {
    let step: String?
    let shapes: [String: [Int]]
  }

  init(_ bound: BoundProgram, arithmetic: Arithmetic, thread: OneDNNThread, library: Library) {
    self.bound = bound
    self.thread = thread
    self.arithmetic = arithmetic
    engine = library.engine
    loader = InputLoader(bound, store: library.store, thread: thread)
  }

  func run(held inputs: [String: any HeldTensor], taps: Taps) throws -> [String: any HeldTensor] {
    let program = bound.program
    try check(inputs)
    return try thread.run {
      let shapes = Self.frameShapes(program.inputs, inputs)
      let recipe = try recipes.value(for: RecipeKey(step: nil, shapes: shapes)) {
        try Recipe(
          program.steps, of: bound, shapes: shapes, arithmetic: arithmetic, packed: packed,
          on: engine)
      }
      let run = try RecipeRun(
        recipe, inputs: inputs, outputs: Set(program.outputs.map(\.value)), loader: loader)
      try run.execute(taps.multiplying(by: bound.factors))
      return Dictionary(
        uniqueKeysWithValues: program.outputs.map { output in
          let tensor = OneDNNTensor(
            run.output(output.value), bound.storage(of: output.value), of: loader.store,
            on: thread)
          return (output.name, tensor)
        })
    }
  }

  func prepare(_ frame: any HeldTensor, as input: String) throws -> any HeldTensor {
    guard frame.shape.rank == 4, let role = loader.role(of: input) else { return frame }
    return try thread.run { try naming(input) { try loader.frame(frame, role, of: input) } }
  }

  func run(step name: String, inputs: [FloatTensor]) throws -> FloatTensor {
    guard let step = bound.program.step(name) else {
      throw ExecutionError.noStep(program: bound.program.name, step: name)
    }
    _ = try step.outputShape(for: inputs.map(\.shape))
    let named = Dictionary(zip(step.inputs, inputs)) { first, _ in first }
    return try thread.run {
      let shapes = Self.frameShapes(step.inputs, named)
      let recipe = try single.value(for: RecipeKey(step: name, shapes: shapes)) {
        try Recipe(
          [step], of: bound, shapes: shapes, arithmetic: arithmetic, packed: packed, on: engine)
      }
      let run = try RecipeRun(recipe, inputs: named, outputs: [name], loader: loader)
      try run.execute(.none)
      return try naming(name) { try loader.store.read(run.output(name)) }
    }
  }

  /// Checks the shapes of all steps before anything is computed.
  private func check(_ inputs: [String: any HeldTensor]) throws {
    let program = bound.program
    var shapes: [String: Shape] = [:]
    for name in program.inputs {
      guard let tensor = inputs[name] else {
        throw ExecutionError.missingInput(program: program.name, input: name)
      }
      shapes[name] = tensor.shape
    }
    let objects =
      program.inputs.compactMap { shapes[$0] }.filter { $0.rank >= 4 }
      .map { $0[0] }.max() ?? 1
    for step in program.steps {
      for input in step.inputs {
        guard let shape = shapes[input], shape.rank >= 4, ![1, objects].contains(shape[0]) else {
          continue
        }
        throw ExecutionError.shape(
          step: step.name, expected: "[1 or \(objects), ...]", found: shape)
      }
      shapes[step.name] = try step.outputShape(for: step.inputs.compactMap { shapes[$0] })
    }
  }

  /// The extents of `names` for one object: all but the first, and of a memory's frames one.
  private static func frameShapes(
    _ names: [String], _ inputs: [String: any HeldTensor]
  ) -> [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for name in names {
      guard let shape = inputs[name]?.shape else { continue }
      var extents = Array(shape.dimensions.dropFirst())
      if extents.count == 4 { extents[1] = 1 }
      shapes[name] = extents
    }
    return shapes
  }
}
