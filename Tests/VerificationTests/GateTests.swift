import Files
import Quantization
import Tensors
import Testing

@testable import Verification

@Suite struct GateTests {
  @Test(
    arguments: [
      ("sqnr(Decoder.**) >= 25", "sqnr(Decoder.**) >= 25 dB"),
      ("  iou( mean )>=0.99  ", "iou(mean) >= 0.99"), ("iou(worst) > 95 %", "iou(worst) > 0.95"),
      ("isolated.saturated(**) <= 0.1%", "isolated.saturated(**) <= 0.001"),
      ("accumulated.max_error(re:(Enc|Dec).*) < 1e-3", "max_error(re:(Enc|Dec).*) < 0.001"),
      ("free.boundary(min) >= .5", "free.boundary(min) >= 0.5"),
      ("changed(max) <= 1 %", "changed(max) <= 0.01"), ("psnr(*) >= -3.5dB", "psnr(*) >= -3.5 dB"),
      ("non_finite(**) <= 0", "non_finite(**) <= 0"),
    ])
  func `an expression is read, and written the one way`(text: String, expected: String) throws {
    let gate = try Gate(text)
    #expect(gate.description == expected)
    #expect(try Gate(gate.description) == gate)
  }

  @Test(
    arguments: [
      ("", 0, "expected a metric, found nothing"),
      ("snqr(Decoder.**) >= 25", 0, "expected a metric, found 'snqr'"),
      ("  sqnr >= 25", 7, "expected '(', found '>'"),
      ("sqnr() >= 25", 5, "expected a pattern of layers, found ')'"),
      ("sqnr(Decoder.** >= 25", 21, "expected ')', found nothing"),
      ("sqnr(re:[) >= 25", 5, "pattern 're:[': not a regular expression"),
      ("sqnr(**) = 25", 9, "expected a comparison, found '='"),
      ("sqnr(**) >=", 11, "expected a number, found nothing"),
      ("sqnr(**) >= inf", 12, "expected a number, found 'inf'"),
      ("sqnr(**) >= 25 %", 15, "expected a unit, found '%'"),
      ("iou(mean) >= 0.9 dB", 17, "expected a unit, found 'dB'"),
      ("iou(median) >= 0.9", 4, "expected a summary of frames and objects, found 'median'"),
      ("iou(mean >= 0.9", 9, "expected ')', found '>'"),
      ("quick.iou(mean) >= 0.9", 0, "expected a run, found 'quick'"),
      ("isolated.iou(mean) >= 0.9", 0, "expected a run of masks, found 'isolated'"),
      ("  free.sqnr(**) >= 0.9", 2, "expected a run of layers, found 'free'"),
      ("  forced.snqr(**) >= 0.9", 9, "expected a metric, found 'snqr'"),
      ("iou(mean) >= 99", 13, "expected 0 to 1, or a percentage, found '99'"),
      ("iou(mean) >= -1", 13, "expected 0 to 1, or a percentage, found '-1'"),
      ("changed(max) <= 101 %", 16, "expected 0 to 1, or a percentage, found '101 %'"),
      ("cosine(**) >= 2", 14, "expected -1 to 1, found '2'"),
      ("max_error(**) <= -1e-3", 17, "expected at least 0, found '-1e-3'"),
      ("free.sqnr(**) >= 0.9", 0, "expected a run of layers, found 'free'"),
      ("iou(mean) >= 0.9 % and", 19, "expected the end, found 'and'"),
    ])
  func `what is wrong is said below the place`(text: String, column: Int, problem: String) throws {
    let error = try #require(throws: VerificationError.self) { try Gate(text) }
    let caret = String(repeating: " ", count: column) + "^"
    #expect("\(error)" == "gate: \(problem)\n  \(text)\n  \(caret)")
    #expect(error.fault == .usage && !error.hint.isEmpty)
  }

  @Test func `a metric that does not exist is answered with those that do`() throws {
    let error = try #require(throws: VerificationError.self) { try Gate("snr(**) >= 1") }
    for metric in LayerMetric.allCases { #expect(error.hint.contains(metric.rawValue)) }
    for metric in MaskMetric.allCases { #expect(error.hint.contains(metric.rawValue)) }
  }

  @Test func `a pattern that fits no layer is refused`() throws {
    let gate = try Gate("isolated.sqnr(Decodr.**) >= 25")
    let error = try #require(throws: VerificationError.self) {
      try gate.check(selecting: ["Decoder.pred2"])
    }
    #expect("\(error)".hasPrefix("gate: no layer fits 'Decodr.**'\n"))
    #expect("\(error)".hasSuffix("\n                ^"))
    try Gate("sqnr(Decoder.*) >= 25").check(selecting: ["Decoder.pred2"])
    try Gate("iou(mean) >= 0.5").check(selecting: [])
  }

  @Test(
    arguments: [
      ("sqnr(**) >= 30", 21.4567, "sqnr(**) >= 21.45 dB"),
      ("iou(min) > 0.9", 0.5, "iou(min) > 0.4999"),
      ("max_error(**) <= 1", 12.3456, "max_error(**) <= 12.4"),
      ("max_error(**) < 1e-9", 1.5e-6, "max_error(**) < 1.51e-06"),
      ("changed(max) <= 0", 0.00012, "changed(max) <= 0.0002"),
      ("cosine(**) >= 1", 0.99999949, "cosine(**) >= 0.999999"),
    ])
  func `the gate that would have passed is the next that does`(
    text: String, found: Double, expected: String
  ) throws {
    let passing = try #require(try Gate(text).passing(found))
    #expect(passing.description == expected)
    #expect(passing.comparison.holds(found, passing.limit))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `nothing would have passed for what is not finite`(found: Double) throws {
    #expect(try Gate("sqnr(**) >= 30").passing(found) == nil)
  }

  @Test(arguments: [
    ("iou(mean) > 0.5", 0.0), ("changed(max) < 0.5", 1.0), ("max_error(**) > 1", 0.0),
  ])
  func `no gate is named that could not be written`(text: String, found: Double) throws {
    #expect(try Gate(text).passing(found) == nil)
  }

  @Test func `every selected layer must hold, and the worst is named`() throws {
    let layers = [layer("a.x", error: 0.1), layer("a.y", error: 0.2), layer("b", error: 1)]
    let result = GateResult(of: try Gate("max_error(a.*) <= 0.15"), layers, [])
    #expect(!result.passes && result.place == "a.y")
    #expect(abs(try #require(result.found) - 0.2) < 1e-6)
    #expect(GateResult(of: try Gate("max_error(a.*) <= 0.25"), layers, []).passes)
    #expect(GateResult(of: try Gate("isolated.max_error(**) <= 0"), layers, []).passes)
  }

  @Test func `a number that is not finite holds no gate`() throws {
    let layers = [layer("a", error: .nan), layer("b", error: 0)]
    for text in ["sqnr(**) >= 0", "non_finite(**) <= 0", "max_error(**) <= 1e9", "cosine(**) > 0"] {
      let result = GateResult(of: try Gate(text), layers, [])
      #expect(!result.passes && result.place == "a", "\(text)")
    }
  }

  @Test func `masks are summed up in the worse of both runs, or in the one that is said`() throws {
    let frames = [
      frame("00001", forced: 0.875, free: 0.5), frame("00002", forced: 0.75, free: 0.9375),
    ]
    func found(_ text: String) throws -> (Double?, String?) {
      let result = GateResult(of: try Gate(text), [], frames)
      return (result.found, result.place)
    }
    #expect(try found("iou(mean) >= 0.6") == (0.71875, "free-running"))
    #expect(try found("forced.iou(mean) >= 0.6").1 == "teacher-forced")
    #expect(try found("iou(worst) >= 0.6") == (0.5, "frame 00001, object 1, free-running"))
    #expect(try found("forced.iou(min) > 0") == (0.75, "frame 00002, object 1, teacher-forced"))
    #expect(try found("forced.iou(max) > 0").0 == 0.875)
    #expect(try found("changed(worst) <= 0") == (0.5, "frame 00001, free-running"))
    #expect(try found("changed(min) <= 0") == (0.125, "frame 00001, teacher-forced"))
  }

  @Test func `a gate on a truth that there is not fails`() throws {
    let result = GateResult(
      of: try Gate("j(mean) >= 0"), [], [frame("00001", forced: 1, free: 1)])
    #expect(!result.passes && result.found == nil && result.passing == nil)
  }

  private func layer(_ name: String, error: Float) -> ClipVerification.Layer {
    var metrics = LayerMetrics()
    metrics.include(
      reference: .init(shape: [1, 1, 1, 2], values: [1, 1]),
      candidate: .init(shape: [1, 1, 1, 2], values: [1, 1 + error]), frame: 1, storage: .float32)
    return ClipVerification.Layer(
      name: name, program: "query", covers: [name], isConvolution: true, precision: .float32,
      isolated: LayerMetrics(), accumulated: metrics, contributedEnergies: [], storage: .float32,
      roundingEnergy: 0, tolerance: 0)
  }

  private func frame(_ name: String, forced: Double, free: Double) -> ClipVerification.Frame {
    func difference(_ iou: Double) -> ClipVerification.Difference {
      .init(agreement: .init(region: iou, boundary: iou), changedPixels: 1)
    }
    return .init(
      index: 1, name: name, memoryFrames: 1, teacherForcedChange: 1 - forced,
      freeRunningChange: 1 - free,
      objects: [
        .init(id: 1, teacherForced: difference(forced), freeRunning: difference(free), truth: nil)
      ])
  }
}
