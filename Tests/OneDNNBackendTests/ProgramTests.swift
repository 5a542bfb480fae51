import Execution
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

@testable import OneDNNBackend

@Suite struct ProgramTests {
  private let compiled: any CompiledProgram
  private let inputs: [String: FloatTensor]

  init() throws {
    var builder = GraphBuilder("test", inputs: ["x", "y"])
    let convolved = builder.layer(
      "convolution", .convolution(Convolution(16, 16, kernel: 3, hasBias: true)), "x")
    let sum = builder.layer("add", .add, "y", convolved)
    let rectified = builder.layer("relu", .relu, "x")
    let program = Program(deploying: builder.finish(["sum": sum, "again": sum, "z": rectified]))
    let parameters = program.steps.flatMap { $0.operation.parameters(of: $0.layer) }
    compiled = try OneDNNBackend(threads: 2).compile(
      BoundProgram(
        program, precision: .float32, weights: try .random(parameters, seed: 1)))
    var generator = SeededGenerator(seed: 2)
    inputs = [
      "x": .random([1, 16, 3, 5], using: &generator),
      "y": .random([1, 16, 3, 5], using: &generator),
    ]
  }

  @Test func `a missing input is named`() throws {
    #expect(throws: ExecutionError.missingInput(program: "test", input: "y")) {
      try compiled.run(["x": FloatTensor(zeros: [1, 16, 3, 5])])
    }
  }

  @Test(arguments: [[], [3], [1, 15, 3, 5], [1, 1, 1, 1, 1, 1, 1]])
  func `an input of another shape is refused by the step that reads it`(_ shape: [Int]) throws {
    var inputs = inputs
    inputs["x"] = FloatTensor(zeros: Shape(shape))
    let error = try #require(throws: ExecutionError.self) { try compiled.run(inputs) }
    guard case .shape(step: "add", _, let found) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(found == Shape(shape))
  }

  @Test(arguments: [[0, 16, 3, 5], [1, 16, 0, 5]])
  func `an input without elements is refused`(_ shape: [Int]) throws {
    var inputs = inputs
    inputs["y"] = FloatTensor(zeros: Shape(shape))
    #expect(throws: ExecutionError.self) { try compiled.run(inputs) }
  }

  @Test func `inputs of 2 and 3 objects do not go together`() throws {
    let inputs = ["x": FloatTensor(zeros: [2, 16, 3, 5]), "y": FloatTensor(zeros: [3, 16, 3, 5])]
    #expect(throws: ExecutionError.self) { try compiled.run(inputs) }
  }

  @Test func `an input that the program does not have is not looked at`() throws {
    var more = inputs
    more["other"] = FloatTensor(zeros: [7, 1, 1, 1])
    more["scalar"] = FloatTensor(zeros: [])
    #expect(try compiled.run(more) == compiled.run(inputs))
  }

  @Test func `an unknown step is named`() throws {
    #expect(throws: ExecutionError.noStep(program: "test", step: "nowhere")) {
      try compiled.run(step: "nowhere", inputs: [])
    }
  }

  @Test func `a value can be handed out under two names`() throws {
    let outputs = try compiled.run(inputs)
    #expect(outputs["sum"] == outputs["again"])
  }

  @Test func `a tap may run programs itself`() throws {
    let expected = try compiled.run(inputs)
    var seen: [String] = []
    let outputs = try compiled.run(
      inputs,
      taps: Taps(["x", "add"]) { name, _ in
        seen.append(name)
        let nested = try compiled.run(inputs)
        #expect(nested == expected)
      })
    #expect(seen == ["x", "add"])
    #expect(outputs == expected)
  }

  @Test func `what a tap throws ends the run`() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try compiled.run(inputs, taps: Taps(["add"]) { _, _ in throw Stop() })
    }
    #expect(try compiled.run(inputs).count == 3)
  }

  @Test func `runs that are asked for at once wait for each other`() async throws {
    let expected = try compiled.run(inputs)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { try compiled.run(inputs) == expected } }
      for try await same in group { #expect(same) }
    }
  }

  @Test func `a cache forgets what was not used for longest`() {
    var cache = RecentCache<Int, Int>(capacity: 2)
    var made: [Int] = []
    for key in [1, 2, 1, 3, 1, 2, 1] {
      #expect(
        cache.value(for: key) {
          made.append(key)
          return 10 * key
        } == 10 * key)
    }
    #expect(made == [1, 2, 3, 2])
  }

  @Test func `a list of processors is read with its ranges`() {
    #expect(Processor.numbers(in: "\t0-2,8,10-11\n") == [0, 1, 2, 8, 10, 11])
    #expect(Processor.numbers(in: "").isEmpty)
    #expect(Processor.coreCount >= 1)
  }
}
