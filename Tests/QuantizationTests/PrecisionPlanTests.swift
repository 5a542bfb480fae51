import Networks
import Quantization
import Testing

@Suite struct PrecisionPlanTests {
  private static func convolution(_ channels: Int = 1) -> LayerOperation {
    .convolution(Convolution(channels, 1, kernel: 1, hasBias: false))
  }

  /// `x` to a pooling, which the convolutions `a` and `b` read; `c` reads `a`.
  private static func branches() -> Program {
    var b = GraphBuilder("g", inputs: ["x"])
    let pool = b.layer("pool", .maxPool(MaxPool(kernel: 3, stride: 1, padding: 1)), "x")
    let first = b.layer("a", convolution(), pool)
    let second = b.layer("b", convolution(), pool)
    return Program(deploying: b.finish(["b": second, "c": b.layer("c", convolution(), first)]))
  }

  @Test func `a step runs in the standard precision unless its layer is excepted`() throws {
    let plan = PrecisionPlan(.int8, exceptions: ["b": .bfloat16])
    #expect(plan[try #require(Self.branches().step("a"))] == .int8)
    #expect(plan[try #require(Self.branches().step("b"))] == .bfloat16)
  }

  @Test func `where every convolution is int8, all that leads to one is held as integers`() {
    #expect(Self.branches().integerValues(in: PrecisionPlan(.int8)) == ["x", "pool", "a"])
    #expect(Self.branches().integerValues(in: PrecisionPlan(.bfloat16)).isEmpty)
  }

  @Test func `a value that an int8 and a wide convolution read stays wide, and what feeds it`() {
    let plan = PrecisionPlan(.int8, exceptions: ["b": .bfloat16])
    #expect(Self.branches().integerValues(in: plan) == ["a"])
  }

  @Test func `what a single int8 convolution reads is held as integers, the rest is not`() {
    let plan = PrecisionPlan(.float32, exceptions: ["c": .int8])
    #expect(Self.branches().integerValues(in: plan) == ["a"])
  }

  @Test func `a value that the memory read needs stays wide, though a convolution reads it too`() {
    var b = GraphBuilder("g", inputs: ["keys", "values", "x"])
    let key = b.layer("key", Self.convolution(), "x")
    let read = b.layer("read", .memoryRead, "keys", "values", key)
    let graph = b.finish([
      "o": b.layer("o", Self.convolution(), read), "k": b.layer("k", Self.convolution(), key),
    ])
    #expect(
      Program(deploying: graph).integerValues(in: PrecisionPlan(.int8)) == ["x", "read"])
  }

  @Test func `a value is named after its int8 readers only`() {
    let program = Self.branches()
    #expect(program.quantizationNames(of: "pool") == ["a.input", "b.input"])
    #expect(
      program.quantizationNames(of: "pool", in: PrecisionPlan(.int8, exceptions: ["b": .float32]))
        == ["a.input"])
    #expect(
      program.quantizationNames(of: "a", in: PrecisionPlan(.int8, exceptions: ["c": .float32]))
        == ["a.output"])
  }

  @Test func `bfloat16 holds what leads to a convolution, but neither frames nor logits`() {
    var b = GraphBuilder("g", inputs: ["frame", "mask"])
    let normalized = b.layer("normalize", .normalize(module: "m", channels: 3), "frame")
    let both = b.layer("both", .concatenate, normalized, "mask")
    let logits = b.layer("logits", Self.convolution(4), both)
    let graph = b.finish(["o": b.layer("upsample", .upsample(factor: 2), logits)])
    #expect(
      Program(deploying: graph).bfloat16Values(in: PrecisionPlan(.bfloat16))
        == ["normalize", "both", "mask"])
  }

  @Test func `bfloat16 steps among others leave what they are given as it is`() {
    let program = Self.branches()
    #expect(
      program.bfloat16Values(in: PrecisionPlan(.float32, exceptions: ["a": .bfloat16])) == ["a"])
    #expect(
      program.bfloat16Values(in: PrecisionPlan(.bfloat16, exceptions: ["a": .float32]))
        == ["x", "pool"])
  }

  @Test func `a plan may hold in 8 bits what memory reads alone are given`() {
    let program = Self.memory()
    #expect(program.memories == ["keys", "values"])
    for precision in Precision.allCases {
      let plan = PrecisionPlan(precision, exceptions: ["keys": .int8])
      let standard = PrecisionPlan(precision)
      #expect(
        program.integerValues(in: plan) == program.integerValues(in: standard).union(["keys"]))
      #expect(
        program.bfloat16Values(in: plan)
          == program.bfloat16Values(in: standard).subtracting(["keys"]))
      #expect(program.quantizationNames(of: "keys", in: plan) == ["keys.output"])
    }
  }

  @Test func `an input that something else reads too, or as a query, is no memory`() {
    var b = GraphBuilder("g", inputs: ["keys", "values"])
    let read = b.layer("read", .memoryRead, "keys", "values", "keys")
    let graph = b.finish(["o": b.layer("sum", .add, read, "values")])
    #expect(Program(deploying: graph).memories.isEmpty)
  }

  /// A convolution of what is read of `keys` and `values` for the query `x`.
  private static func memory() -> Program {
    var b = GraphBuilder("g", inputs: ["keys", "values", "x"])
    let read = b.layer("read", .memoryRead, "keys", "values", "x")
    return Program(deploying: b.finish(["o": b.layer("o", convolution(), read)]))
  }
}
