import Quantization
import STMModel
import TestSupport
import Testing

/// Plans as text, and what can be wrong with one.
@Suite struct PlanProblemsTests {
  private static let programs = STMNetwork(.tiny).deployedPrograms

  @Test(arguments: [
    PrecisionPlan(.float32), PrecisionPlan(.w8, exceptions: ["a.b": .float16]),
    PrecisionPlan(.int8, exceptions: ["x": .w8, "y": .bfloat16], memories: ["m": .int8]),
  ])
  func `a plan is read back from its text`(plan: PrecisionPlan) throws {
    #expect(try PrecisionPlan(json: plan.json, source: "p") == plan)
  }

  @Test func `a plan's text has sorted names, and may leave exceptions and memory out`() throws {
    let plan = PrecisionPlan(.int8, exceptions: ["b/c": .w8, "a": .float16])
    #expect(
      plan.json == #"{"exceptions":{"a":"fp16","b/c":"w8"},"memory":{},"standard":"int8"}"#)
    #expect(
      try PrecisionPlan(json: #"{"standard": "bf16"}"#, source: "p") == PrecisionPlan(.bfloat16))
  }

  @Test(arguments: [
    "", "[]", "{}", "null", #"{"standard": 8}"#, #"{"standard": "fp16", "exceptions": ["a"]}"#,
    #"{"standard": "fp16", "exceptions": {"a": 16}}"#, #"{"standard": "fp16", "memory": "int8"}"#,
    #"{"standard": "fp16""#,
  ])
  func `text of another form is refused`(text: String) {
    let error = #expect(throws: QuantizationError.self) {
      try PrecisionPlan(json: text, source: "plan.json")
    }
    #expect(
      error?.description.hasPrefix("plan.json: precision plan: expected a JSON object") == true)
  }

  @Test func `a plan of many exceptions is read in time`() throws {
    let exceptions = (0..<10_000).map { "\"l\($0)\":\"fp16\"" }.joined(separator: ",")
    let json = #"{"standard":"int8","exceptions":{"# + exceptions + "}}"
    var plan: PrecisionPlan?
    let time = try ProcessorTime.taken {
      plan = try PrecisionPlan(json: json, source: "plan.json")
    }
    #expect(plan?.exceptions.count == 10_000)
    #expect(time < .seconds(20))
  }

  @Test func `everything that is wrong with a plan's text is listed together`() {
    let text = """
      {"standard": "int4", "exceptions": {"a": "fp8", "b": "fp16", "b" : "fp32"},
       "memory": {"memory_keys": "u8"}, "exeptions": {"\\u0062": "fp16"}}
      """
    #expect(
      throws: QuantizationError.plan(
        source: "p",
        problems: [
          "standard: expected one of fp32, fp16, bf16, int8, w8, found 'int4'",
          "layer 'a': expected one of fp32, fp16, bf16, int8, w8, found 'fp8'",
          "memory 'memory_keys': expected one of fp32, fp16, bf16, int8, w8, found 'u8'",
          "name 'b': expected it once, found it 3 times",
          "name 'exeptions': expected standard, exceptions or memory",
        ])
    ) { try PrecisionPlan(json: text, source: "p") }
  }

  @Test func `one problem is told on one line, several as a list`() {
    let one = QuantizationError.plan(source: "p", problems: ["a"])
    #expect(one.description == "p: precision plan: a")
    let two = QuantizationError.plan(source: "p", problems: ["a", "b"])
    #expect(two.description == "p: precision plan: 2 problems\n  a\n  b")
  }

  @Test(arguments: [
    PrecisionPlan(.int8), PrecisionPlan(.w8, exceptions: ["Memory.read": .bfloat16]),
    PrecisionPlan(.float32, exceptions: ["Decoder.pred2": .int8, "Encoder_M.conv1": .float16]),
    PrecisionPlan(.float16, memories: ["memory_keys": .float32, "memory_values": .int8]),
  ])
  func `a plan of the network's own layers and memories has no problems`(plan: PrecisionPlan) {
    #expect(plan.problems(in: Self.programs) == [])
  }

  @Test(
    arguments: [
      (
        "Decoder.pred3", .float16,
        "expected a layer of the network such as 'Decoder.pred2', found none"
      ),
      ("x", .float16, "expected a layer of the network, found none"),
      ("", .float16, "expected a layer of the network, found none"),
      (
        "Encoder_Q.bn1", .float16,
        "expected a layer by itself, found a part of 'Encoder_Q.conv1'"
      ),
      (
        "Encoder_Q.relu", .float16,
        "expected a layer by itself, found a part of 'Encoder_Q.conv1'"
      ),
      (
        "Decoder.upsample", .float16,
        "expected a convolution, a normalization or the memory read, "
          + "found a layer that follows 'Decoder.pred2'"
      ),
      (
        "Memory.read", .int8,
        "expected fp32, fp16 or bf16, since it is no convolution, found int8"
      ),
      (
        "Encoder_M.conv1_m", .w8,
        "expected a layer by itself, found a part of 'Encoder_M.conv1'"
      ),
      (
        "memory_keys", .int8,
        #"expected a layer, found a memory, which stands under "memory""#
      ),
    ] as [(String, Precision, String)])
  func `an exception that the network cannot have is a problem`(
    layer: String, precision: Precision, problem: String
  ) {
    let plan = PrecisionPlan(.float32, exceptions: [layer: precision])
    #expect(plan.problems(in: Self.programs) == ["layer '\(layer)': \(problem)"])
  }

  @Test(
    arguments: [
      ("keys", .int8, "expected memory_keys or memory_values"),
      ("key", .float16, "expected memory_keys or memory_values"),
      (
        "memory_keys", .w8, "expected fp32, fp16, bf16 or int8, found w8, which is of weights"
      ),
    ] as [(String, Precision, String)])
  func `a memory that the network cannot have is a problem`(
    name: String, precision: Precision, problem: String
  ) {
    let plan = PrecisionPlan(.float32, memories: [name: precision])
    #expect(plan.problems(in: Self.programs) == ["memory '\(name)': \(problem)"])
  }

  @Test func `all problems are listed, layers before memories`() {
    let plan = PrecisionPlan(
      .int8, exceptions: ["z": .float16, "Memory.read": .int8], memories: ["m": .int8])
    #expect(
      plan.problems(in: Self.programs).map { $0.prefix { $0 != ":" } }
        == ["layer 'Memory.read'", "layer 'z'", "memory 'm'"])
  }
}
