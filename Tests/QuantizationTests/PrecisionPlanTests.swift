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
      let plan = PrecisionPlan(precision, memories: ["keys": .int8])
      let standard = PrecisionPlan(precision)
      #expect(
        program.integerValues(in: plan) == program.integerValues(in: standard).union(["keys"]))
      #expect(
        program.bfloat16Values(in: plan)
          == program.bfloat16Values(in: standard).subtracting(["keys"]))
      #expect(program.quantizationNames(of: "keys", in: plan) == ["keys.output"])
    }
  }

  @Test func `a memory is held in whatever a plan says of it, and in nothing else`() {
    let program = Self.memory()
    for standard in Precision.allCases {
      for precision in [Precision.float32, .float16, .bfloat16, .int8] {
        let plan = PrecisionPlan(standard, memories: ["keys": precision, "elsewhere": .int8])
        let (held, usual) = (
          program.heldPrecisions(in: plan), program.heldPrecisions(in: PrecisionPlan(standard))
        )
        #expect(held["keys"] ?? .float32 == precision, "\(standard)")
        #expect(held["values"] == usual["values"] && held["x"] == usual["x"], "\(standard)")
      }
    }
  }

  @Test func `a memory that a plan says nothing of follows the standard and the read`() {
    let program = Self.memory()
    for (standard, held) in [
      (Precision.float32, Precision.float32), (.float16, .float16), (.bfloat16, .bfloat16),
      (.int8, .bfloat16), (.w8, .float32),
    ] {
      #expect(program.heldPrecisions(in: PrecisionPlan(standard))["keys"] ?? .float32 == held)
    }
    let read = PrecisionPlan(.int8, exceptions: ["read": .float32])
    #expect(program.heldPrecisions(in: read)["keys"] == nil)
  }

  @Test func `a step without weights follows what it reads`() throws {
    let program = Self.branches()
    let pool = try #require(program.step("pool"))
    #expect(program.precision(of: pool, in: PrecisionPlan(.float16)) == .float16)
    var b = GraphBuilder("g", inputs: ["x"])
    let first = b.layer("a", Self.convolution(), "x")
    let up = b.layer("up", .upsample(factor: 2), b.layer("pool2", .relu, first))
    let after = Program(deploying: b.finish(["o": up]))
    let plan = PrecisionPlan(.float16, exceptions: ["a": .bfloat16])
    let step = try #require(after.step("up"))
    #expect(after.precision(of: step, in: plan) == .bfloat16)
    #expect(after.float16Values(in: plan) == ["x"])
    #expect(
      after.float16Values(in: PrecisionPlan(.float32, exceptions: ["a": .float16])) == [
        "pool2", "up",
      ])
  }

  @Test func `what an int8 convolution reads has a quantization even where it is held wide`() {
    let plan = PrecisionPlan(.int8, exceptions: ["b": .bfloat16])
    #expect(Self.branches().integerValues(in: plan) == ["a"])
    #expect(Self.branches().quantizedValues(in: plan) == ["pool", "a"])
    #expect(Self.branches().quantizedValues(in: PrecisionPlan(.w8)).isEmpty)
  }

  @Test func `a plan is named after its standard, or mixed where layers differ`() {
    #expect(PrecisionPlan(.w8).name == "w8")
    #expect(PrecisionPlan(.int8, memories: ["keys": .int8]).name == "int8")
    #expect(PrecisionPlan(.int8, exceptions: ["a": .float16]).name == "mixed")
    #expect(!PrecisionPlan(.w8, memories: ["keys": .int8]).hasIntegerLayers)
    #expect(PrecisionPlan(.w8, exceptions: ["a": .int8]).hasIntegerLayers)
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
