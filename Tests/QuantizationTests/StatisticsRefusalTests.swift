import Files
import Networks
import Quantization
import Testing

@Suite struct StatisticsRefusalTests {
  @Test(arguments: [
    "", "{", "\u{FEFF}{}", #"{"version": 1, "version": 1}"#, #"{"model": "a", "mod\u0065l": "b"}"#,
    String(repeating: "[", count: 101), "[\(String(repeating: "0,", count: 2_000_000))0]",
  ])
  func `what is no JSON, holds a key twice or is beyond the limits is refused`(
    text: String
  ) throws {
    let error = try #require(throws: FileError.self) { try CalibrationStatisticsTests.read(text) }
    #expect(
      error.description.contains(": calibration statistics: ") && error.fault == .malformedInput)
  }

  @Test func `a value that cannot be quantized is named with the file`() throws {
    let statistics = try CalibrationStatisticsTests.read(CalibrationStatisticsTests.text)
    #expect(statistics.source.hasSuffix("/s.json"))
    let error = try #require(throws: QuantizationError.self) {
      try statistics.quantization(of: "x", in: CalibrationStatisticsTests.program)
    }
    #expect(
      error.description
        == "\(statistics.source): expected a range for value 'x' of program 'g', found none")
    #expect(
      throws: QuantizationError.unknownValue(
        program: "g", value: "Decoder.relu", source: statistics.source)
    ) { try statistics.check(against: [CalibrationStatisticsTests.program]) }
  }

  @Test func `channels that scaling would not leave finite are refused by name`() throws {
    let largest = Float.greatestFiniteMagnitude
    var b = GraphBuilder("g", inputs: ["x"])
    let geometry = Convolution(2, 2, kernel: 1, hasBias: true)
    let relu = b.layer("relu", .relu, b.layer("a", .convolution(geometry), "x"))
    let program = Program(
      deploying: b.finish(["o": b.layer("b", .convolution(geometry), relu)]))
    for minimum in [[-largest, 0], [0, -1]] {
      var statistics = CalibrationStatistics(model: "m", source: "s.json")
      for value in ["x", "a", "relu", "b"] {
        statistics.values["g", default: [:]][value] = ValueStatistics(of: [-1, 2])
        statistics.values["g"]?[value]?.channels = ChannelStatistics(
          minimum: minimum, maximum: [largest, 1], mean: [0, 0])
      }
      let error = try #require(throws: QuantizationError.self) {
        try Equalization(of: [program], statistics)
      }
      guard case .unscalable("g", _, largest, "s.json") = error else {
        Issue.record("\(error)")
        continue
      }
    }
  }

  @Test func `a range of all that binary32 holds has a step`() {
    let largest = Float.greatestFiniteMagnitude
    let quantization = AffineQuantization.asymmetric(minimum: -largest, maximum: largest)
    #expect(quantization.scale > 1e36 && (127...128).contains(quantization.zeroPoint))
  }
}
