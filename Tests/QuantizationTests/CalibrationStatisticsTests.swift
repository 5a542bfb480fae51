import Files
import Networks
import Quantization
import TestSupport
import Testing

@Suite struct CalibrationStatisticsTests {
  /// `x` to the convolution `a`, whose result is a residual of `b`, which ends in a ReLU.
  static let program: Program = {
    var b = GraphBuilder("g", inputs: ["x"])
    let geometry = Convolution(1, 1, kernel: 1, hasBias: true)
    let first = b.layer("a", .convolution(geometry), "x")
    let second = b.layer("b", .convolution(geometry), first)
    let sum = b.layer("add", .add, second, first)
    return Program(deploying: b.finish(["o": b.layer("relu", .relu, sum)]))
  }()

  private static func statistics() -> CalibrationStatistics {
    var statistics = CalibrationStatistics(
      model: "0123", settings: ["backend": "reference", "long-edge": "32"])
    var generator = SeededGenerator(seed: 4)
    let values = (0..<500).map { _ in Float.random(in: -0.1...3.3, using: &generator) }
    statistics.include(
      .init(name: "dog", frames: 12, width: 32, height: 18, objects: 2),
      [
        "g": [
          "x": ValueHistogram(of: values), "a": ValueHistogram(of: values.map { $0 - 1 }),
          "relu": ValueHistogram(of: values.map { max($0, 0) }),
        ]
      ])
    return statistics
  }

  /// A file of one value.
  static let text = """
    {"version": 1, "model": "0123", "settings": {"backend": "onednn"},
     "clips": [{"name": "dog", "frames": 2, "width": 32, "height": 16, "objects": 1}],
     "programs": {"g": {"Decoder.relu": {"minimum": -1, "maximum": 2.5, "zeros": 0, "nonFinite": 0,
       "histogram": {"firstBin": -1, "log2Width": 0, "counts": [1, 0, 2, 3]}}}}}
    """

  static func read(_ text: String) throws -> CalibrationStatistics {
    var statistics: CalibrationStatistics?
    try ScratchFolder.with { folder in
      let path = folder.file("s.json")
      try AtomicFile.write(Array(text.utf8), to: path)
      do {
        statistics = try CalibrationStatistics(path: path)
      } catch QuantizationError.malformedStatistics(_, let place, let expected, let found) {
        throw QuantizationError.malformedStatistics(
          path: "s.json", at: place, expected: expected, found: found)
      }
    }
    return try #require(statistics)
  }

  @Test func `what was written is read back, bit by bit, and gives the same bytes`() throws {
    var original = Self.statistics()
    original.values["g"]?["x"]?.range = ValueRange(minimum: -0.1, maximum: 0x1.fffffep127)
    original.values["g"]?["x"]?.channels = ChannelStatistics(
      minimum: [-0.1, 0], maximum: [0.3, 3.3], mean: [0.1, 1.7])
    original.values["g"]?["nan"] = ValueStatistics(of: [.nan, 0x1p-149, -1e-3])
    let text = try original.json
    let back = try Self.read(text)
    #expect(back == original)
    #expect(try back.json == text)
  }

  @Test func `a histogram's counts share a line`() throws {
    let lines = try Self.statistics().json.split(separator: "\n")
    #expect(lines.count < 60)
    #expect(lines.filter { $0.contains(#""counts" : ["#) && $0.contains("],") }.count == 3)
  }

  @Test func `a file by hand is read`() throws {
    let seen = try #require(try Self.read(Self.text).values["g"]?["Decoder.relu"]).histogram
    #expect(seen.bins == -1..<3 && seen.width == 1 && seen.count == 6)
    #expect(seen.minimum == -1 && seen.maximum == 2.5 && seen[-1] == 1 && seen[2] == 3)
  }

  private static let value = "programs.g['Decoder.relu']"

  @Test(
    arguments: [
      (#""version": 1, "#, "", "version", "1", "none"),
      (#""version": 1"#, #""version": 2"#, "version", "1", "2"),
      (#""model": "0123", "#, "", "model", "the fingerprint of a model", "none"),
      (#""0123""#, "17", "model", "the fingerprint of a model", "17"),
      (#""onednn""#, "7", "settings.backend", "texts by name", "7"),
      (
        #""model""#, #""modell": 1, "model""#, "modell",
        "no key but version, model, clips, settings, programs", "1"
      ),
      (#""frames": 2, "#, "", "clips[0].frames", "a whole number from 1", "none"),
      (#""frames": 2"#, #""frames": 0"#, "clips[0].frames", "a whole number from 1", "0"),
      (#""frames": 2"#, #""frames": 2.5"#, "clips[0].frames", "a whole number from 1", "2.5"),
      (
        #""objects": 1"#, #""objects": 1, "path": "/a""#, "clips[0].path",
        "no key but name, frames, width, height, objects", "'/a'"
      ),
      (#""minimum": -1, "#, "", "\(value).minimum", "a number that binary32 holds", "none"),
      (
        #""minimum": -1"#, #""minimum": "low""#, "\(value).minimum", "a number that binary32 holds",
        "'low'"
      ),
      (#""minimum": -1"#, #""minimum": 3"#, "\(value).maximum", "a number of at least 3.0", "2.5"),
      (#""nonFinite": 0"#, #""nonFinite": -1"#, "\(value).nonFinite", "a count", "-1"),
      (#""nonFinite": 0,"#, "", "\(value).nonFinite", "a count", "none"),
      (#""zeros": 0,"#, "", "\(value).zeros", "a count", "none"),
      (#""zeros": 0"#, #""zeros": 1"#, "\(value).zeros", "at most the count of bin 0, 0", "1"),
      (
        #""nonFinite": 0"#, #""nonFinite": 0, "override": {}"#, "\(value).override",
        "no key but minimum, maximum, zeros, nonFinite, histogram, range, channels", "an object"
      ),
      (
        #""nonFinite": 0"#,
        #""nonFinite": 0, "channels": {"minimum": [0], "maximum": [1, 2], "mean": [1]}"#,
        "\(value).channels.maximum", "1 finite numbers", "an array of 2"
      ),
      (
        #""nonFinite": 0"#,
        #""nonFinite": 0, "channels": {"minimum": [3], "maximum": [1], "mean": [1]}"#,
        "\(value).channels.maximum", "numbers of at least the minima", "an array of 1"
      ),
      (
        #""nonFinite": 0"#, #""nonFinite": 0, "range": {"minimum": 2, "maximum": 1}"#,
        "\(value).range.maximum", "a number of at least 2.0", "1"
      ),
      (
        #""nonFinite": 0"#, #""nonFinite": 0, "range": [2, 3]"#, "\(value).range", "an object",
        "an array of 2"
      ),
      (
        #""nonFinite": 0"#, #""nonFinite": 0, "range": null"#, "\(value).range", "an object", "null"
      ),
      (
        #""firstBin": -1"#, #""firstBin": 1"#, "\(value).histogram.firstBin",
        "a whole number from -3 to 0, so that bin 0 is one of the bins", "1"
      ),
      (
        #""firstBin": -1"#, #""firstBin": -4"#, "\(value).histogram.firstBin",
        "a whole number from -3 to 0, so that bin 0 is one of the bins", "-4"
      ),
      (
        #""log2Width": 0"#, #""log2Width": 119"#, "\(value).histogram.log2Width",
        "a whole number from -126 to 118", "119"
      ),
      ("[1, 0, 2, 3]", "[1, 0, -2, 3]", "\(value).histogram.counts[2]", "a count", "-2"),
      ("[1, 0, 2, 3]", "[1, 0, 0.5, 3]", "\(value).histogram.counts[2]", "a count", "0.5"),
      ("[1, 0, 2, 3]", "[]", "\(value).histogram.counts", "1 to 2048 counts", "an array of 0"),
      (
        "[1, 0, 2, 3]", "\([Int](repeating: 1, count: 2049))", "\(value).histogram.counts",
        "at most 2048 elements", "an array of 2049"
      ),
      (
        "[1, 0, 2, 3]", "[0, 4503599627370497]", "\(value).histogram.counts",
        "counts of at most 2^52",
        "an array of 2"
      ),
      (
        #""histogram""#, #""histogramm""#, "\(value).histogramm",
        "no key but minimum, maximum, zeros, nonFinite, histogram, range, channels", "an object"
      ),
    ] as [(String, String, String, String, String?)])
  func `what the format does not have is refused at its place`(
    part: String, change: String, place: String, expected: String, found: String?
  ) throws {
    try #require(Self.text.contains(part))
    let text = Self.text.replacing(part, with: change, maxReplacements: 1)
    let error = try #require(throws: QuantizationError.self) { try Self.read(text) }
    guard case .malformedStatistics("s.json", place, expected, let actual) = error else {
      Issue.record("\(error)")
      return
    }
    if let found { #expect(actual == found) }
  }

  @Test(arguments: ["[]", "7", "null", #"{"version": 1}"#])
  func `what is no object of statistics is refused`(text: String) {
    #expect(throws: QuantizationError.self) { try Self.read(text) }
  }

  @Test func `a file that is not there is named`() {
    #expect(throws: FileError.notFound(path: "/no/s.json")) {
      try CalibrationStatistics(path: "/no/s.json")
    }
  }

  @Test func `clips have an order of their own, and what was seen over them is added`() {
    var (first, second) = (CalibrationStatistics(model: "m"), CalibrationStatistics(model: "m"))
    let clips = ["b", "a", "a"].enumerated().map { index, name in
      CalibrationStatistics.Clip(name: name, frames: 2 + index, width: 1, height: 1, objects: 1)
    }
    let seen = [[1, 2], [-300], [4]].map { ["g": ["x": ValueHistogram(of: $0)]] }
    for index in 0..<3 { first.include(clips[index], seen[index]) }
    for index in [2, 0, 1] { second.include(clips[index], seen[index]) }
    #expect(first == second)
    #expect(first.clips.map(\.frames) == [3, 4, 2])
    #expect(first.values["g"]?["x"]?.histogram == ValueHistogram(of: [1, 2, -300, 4]))
  }

  @Test func `the scheme follows from the sign`() throws {
    var statistics = CalibrationStatistics(model: "m")
    statistics.values["g"] = [
      "x": ValueStatistics(of: [-1, 2]), "a": ValueStatistics(of: [-1, 2]),
      "relu": ValueStatistics(of: [0, 2]),
    ]
    func scheme(_ value: String) throws -> ActivationScheme {
      try statistics.scheme(of: value, in: Self.program)
    }
    #expect(try scheme("x") == .asymmetric)
    #expect(try scheme("a") == .asymmetric)
    #expect(try scheme("relu") == .nonNegative)
    statistics.values["g"]?["a"]?.range = ValueRange(minimum: 0, maximum: 1)
    #expect(try scheme("a") == .nonNegative)
  }

  @Test(arguments: [RangeMethod.minmax, .percentile(90), .mse, .entropy])
  func `a range that was decided on holds for every method`(method: RangeMethod) throws {
    var statistics = Self.statistics()
    statistics.values["g"]?["x"]?.range = ValueRange(minimum: -2, maximum: 5)
    #expect(
      try statistics.quantization(of: "x", in: Self.program, method: method)
        == .asymmetric(minimum: -2, maximum: 5))
  }

  @Test(arguments: [RangeMethod.minmax, .percentile(99.99), .mse, .entropy])
  func `a minimum and a maximum by hand limit every method`(method: RangeMethod) throws {
    let text = try Self.statistics().json
    let seen = try #require(Self.statistics().values["g"]?["x"]?.histogram)
    let edited = text.replacing(
      "\(seen.maximum),\n        \"minimum\" : \(seen.minimum)",
      with: "1.5,\n        \"minimum\" : -0.05")
    try #require(edited != text)
    let quantization = try Self.read(edited).quantization(of: "x", in: Self.program, method: method)
    #expect(quantization.dequantize(255) <= 1.51 && quantization.dequantize(255) > 1)
    #expect(quantization.dequantize(0) >= -0.06)
  }

  @Test func `a value that was not finite is refused, unless a range was decided on`() throws {
    var statistics = CalibrationStatistics(model: "m")
    statistics.values["g"] = ["x": ValueStatistics(of: [1, .nan, -.infinity])]
    #expect(throws: QuantizationError.nonFinite(program: "g", value: "x", count: 2)) {
      try statistics.quantization(of: "x", in: Self.program)
    }
    statistics.values["g"]?["x"]?.range = ValueRange(minimum: 0, maximum: 51)
    #expect(
      try statistics.quantization(of: "x", in: Self.program) == .nonNegative(maximum: 51))
  }

  @Test func `a value of which nothing was seen is refused`() {
    var statistics = CalibrationStatistics(model: "m")
    statistics.values["g"] = ["x": ValueStatistics()]
    for value in ["x", "a"] {
      #expect(throws: QuantizationError.noStatistics(program: "g", value: value)) {
        try statistics.quantization(of: value, in: Self.program)
      }
    }
  }

  @Test func `values that the network does not have are refused by name`() throws {
    var statistics = Self.statistics()
    try statistics.check(against: [Self.program])
    statistics.values["g"]?["Decoder.rellu"] = ValueStatistics(of: [1])
    #expect(throws: QuantizationError.unknownValue(program: "g", value: "Decoder.rellu")) {
      try statistics.check(against: [Self.program])
    }
    statistics.values["g"]?["Decoder.rellu"] = nil
    statistics.values["h"] = ["x": ValueStatistics(of: [1])]
    #expect(throws: QuantizationError.unknownValue(program: "h", value: "x")) {
      try statistics.check(against: [Self.program])
    }
  }
}
