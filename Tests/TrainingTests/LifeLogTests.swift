import Files
import TestSupport
import Testing

@testable import Training

@Suite struct LifeLogTests {
  /// The log of `steps` in `folder`.
  private func write(_ steps: ClosedRange<Int>, to log: MetricsLog) throws {
    for line in steps.flatMap(LifeFixture.lines) { try log.append(line) }
  }

  @Test func `what is appended is in the file at once`() throws {
    try ScratchFolder.with { folder in
      let log = try MetricsLog(creating: folder.file("log"))
      try log.append(LifeFixture.lines(of: 1)[0])
      let text = String(decoding: try folder.bytes(of: "log"), as: UTF8.self)
      #expect(
        text == #"{"event":"step","gradientNorm":0.1,"learningRate":1e-05,"loss":1,"#
          + #""parts":{"crossEntropy":1},"step":1}"# + "\n")
      try write(2...4, to: log)
      try log.sync()
      let lines = try MetricsLog.lines(of: folder.file("log"))
      #expect(lines == (1...4).flatMap(LifeFixture.lines))
    }
  }

  @Test func `after an interruption the log is that of a training without`() throws {
    try ScratchFolder.with { folder in
      try write(1...9, to: MetricsLog(creating: folder.file("whole")))
      let whole = try folder.bytes(of: "whole")
      try write(1...8, to: MetricsLog(creating: folder.file("log")))
      for rest in [[], Array(#"{"event":"st"#.utf8), Array("\0\0\0\n{}\n".utf8)] {
        try folder.write(try folder.bytes(of: "log") + rest, to: "log")
        let log = try MetricsLog(resuming: folder.file("log"), after: 6)
        let lines = try MetricsLog.lines(of: folder.file("log"))
        #expect(lines == (1...6).flatMap(LifeFixture.lines))
        try write(7...9, to: log)
        #expect(try folder.bytes(of: "log") == whole)
      }
    }
  }

  @Test func `a log that ends before the checkpoint is refused`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file("log")
      try write(1...3, to: MetricsLog(creating: path))
      #expect(throws: TrainingError.metricsMissing(path: path, expected: 5, found: 3)) {
        try MetricsLog(resuming: path, after: 5)
      }
      #expect(throws: FileError.notFound(path: folder.file("none"))) {
        try MetricsLog(resuming: folder.file("none"), after: 5)
      }
    }
  }

  @Test(arguments: [
    (#"{"event":"step"}"#, "expected metrics, found no key 'step'"),
    (#"{"event":"walk","step":1}"#, "expected metrics, found another value at 'event'"),
    ("[]", "expected metrics, found JSON that is no object"),
    (
      #"{"event":"validation","overall":0.6,"region":0.5,"boundary":0.7,"step":0}"#,
      "expected metrics as they are written, found others"
    ),
    (
      #"{"boundary":0.7,"event":"validation","overall":0.6,"region":0.5,"step":1,"x":0}"#,
      "expected metrics as they are written, found others"
    ),
    (
      #"{"boundary":0.7,"event":"validation","overall":0.6,"region":0.5,"step":1}"#,
      "expected a validation after 0 steps, found 1"
    ),
    (
      #"{"event":"step","gradientNorm":0,"learningRate":0,"loss":1,"parts":{},"step":2}"#,
      "expected step 1, found 2"
    ),
  ])
  func `a line that no training writes is refused with its number`(line: String, reason: String)
    throws
  {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("\(line)\n".utf8))
      #expect(
        throws: TrainingError.malformedMetrics(path: path, line: 1, reason: reason)
      ) { try MetricsLog.lines(of: path) }
    }
  }

  @Test func `a line that is no JSON is refused with its number`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file("log")
      try write(1...1, to: MetricsLog(creating: path))
      try folder.write(try folder.bytes(of: "log") + Array("nonsense\n".utf8), to: "log")
      let error = #expect(throws: TrainingError.self) { try MetricsLog.lines(of: path) }
      guard case .malformedMetrics(path, line: 2, _) = error else {
        Issue.record("\(error?.description ?? "nothing")")
        return
      }
    }
  }

  @Test func `numbers without an end are texts, and read back`() throws {
    try ScratchFolder.with { folder in
      let line = MetricsLine.step(
        StepMetrics(
          step: 1, loss: .infinity, parts: ["dice": -.infinity], learningRate: 0.1, gradientNorm: 1)
      )
      try MetricsLog(creating: folder.file("log")).append(line)
      #expect(try MetricsLog.lines(of: folder.file("log")) == [line])
    }
  }

  @Test func `the best validation is the first of the best, and smoothed numbers follow`() throws {
    let validations = [0.5, .nan, 0.75, 0.75].enumerated().map { index, score in
      MetricsLine.validation(ValidationMetrics(step: index, region: score, boundary: score))
    }
    let record = TrainingRecord(
      model: "", settings: try TrainingSettings([:]), plannedSteps: 150, outcome: .finished,
      lines: (1...150).map { LifeFixture.lines(of: $0)[0] } + validations)
    #expect(record.best?.step == 2 && record.horizon == 3)
    let smoothed = record.smoothed(\.loss)
    #expect(smoothed.count == 150 && smoothed[0] == 1)
    #expect(zip(smoothed, record.steps).dropFirst().allSatisfy { $0 > $1.loss })
  }
}
