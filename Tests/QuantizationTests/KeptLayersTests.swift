import Files
import Networks
import Quantization
import STMModel
import TestSupport
import Testing

@Suite struct KeptLayersTests {
  private static let programs = STMNetwork(.tiny).deployedPrograms

  private func plan(_ standard: Precision, keeping kept: String...) throws -> PrecisionPlan {
    try PrecisionPlan(standard).keeping(
      kept.map { try #require(KeptLayers($0)) }, in: Self.programs)
  }

  @Test func `a layer by its name is kept`() throws {
    #expect(
      try plan(.int8, keeping: "Decoder.pred2=fp16")
        == PrecisionPlan(.int8, exceptions: ["Decoder.pred2": .float16]))
  }

  @Test func `a layer that is part of a step keeps the step`() throws {
    #expect(
      try plan(.int8, keeping: "Encoder_M.conv1_o=fp16")
        == PrecisionPlan(.int8, exceptions: ["Encoder_M.conv1": .float16]))
  }

  @Test
  func `a pattern keeps what has a precision of its own, and 8-bit weights convolutions alone`()
    throws
  {
    let steps = Self.programs[1].steps
    let encoder = steps.filter { $0.layer.hasPrefix("Encoder_Q.") }
    let wide = try plan(.int8, keeping: "Encoder_Q.**=fp32").exceptions
    #expect(
      Set(wide.keys) == Set(encoder.filter(\.hasOwnPrecision).map(\.layer))
        && wide["Encoder_Q.conv1"] == .float32 && wide["Encoder_Q.maxpool"] == nil)
    let narrow = try plan(.float16, keeping: "Encoder_Q.**=w8").exceptions
    #expect(
      Set(narrow.keys) == Set(encoder.filter { $0.convolution != nil }.map(\.layer))
        && Set(narrow.values) == [.w8])
  }

  @Test func `of several patterns that select a layer the last holds, if need be for the standard`()
    throws
  {
    let kept = try plan(
      .int8, keeping: "Decoder.**=fp16", "Decoder.RF*.**=fp32", "re:Decoder\\.R.*=bf16",
      "Decoder.ResMM.conv1=int8"
    )
    #expect(kept.exceptions["Decoder.pred2"] == .float16)
    #expect(kept.exceptions["Decoder.RF2.convFS"] == .bfloat16)
    #expect(kept.exceptions["Decoder.ResMM.conv1"] == nil)
  }

  @Test func `what is kept comes on top of a plan's exceptions and leaves its memories`() throws {
    let base = PrecisionPlan(
      .int8, exceptions: ["Decoder.pred2": .float16, "Decoder.convFM": .float16],
      memories: ["memory_keys": .int8])
    let kept = try base.keeping(
      [try #require(KeptLayers("Decoder.pred2=w8"))], in: Self.programs)
    #expect(
      kept
        == PrecisionPlan(
          .int8, exceptions: ["Decoder.pred2": .w8, "Decoder.convFM": .float16],
          memories: ["memory_keys": .int8]))
  }

  @Test func `a pattern that selects nothing is refused, with the names that are near it`() {
    #expect(
      throws: QuantizationError.noLayer("Decoder.pred3=fp16", nearest: ["Decoder.pred2"])
    ) { try plan(.int8, keeping: "Decoder.pred3=fp16") }
    #expect(throws: QuantizationError.noLayer("Memory.read=int8", nearest: ["Memory.read"])) {
      try plan(.float16, keeping: "Memory.read=int8")
    }
    #expect(throws: QuantizationError.noLayer("Decoder.upsample=fp16", nearest: [])) {
      try plan(.int8, keeping: "Decoder.upsample=fp16")
    }
    let error = QuantizationError.noLayer("a=fp16", nearest: ["b", "c"])
    #expect(error.description.hasSuffix("found none that fits; near: 'b', 'c'"))
    #expect(error.fault == .usage)
  }

  @Test(arguments: ["", "=", "a", "a=", "a=int4", "re:(=fp16", "a=fp16 "])
  func `what is no pattern and precision is not understood`(text: String) {
    #expect(KeptLayers(text) == nil)
  }

  @Test func `a regular expression may hold the sign that ends it`() throws {
    let kept = try #require(KeptLayers("re:a(?=b).*=w8"))
    #expect(kept.pattern.description == "re:a(?=b).*" && kept.precision == .w8)
    #expect(kept.description == "re:a(?=b).*=w8")
  }
}
