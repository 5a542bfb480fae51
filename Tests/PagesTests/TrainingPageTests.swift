import Foundation
import FoundationXML
import Reports
import TestSupport
import Testing
import Training

@testable import Pages

@Suite struct TrainingPageTests {
  /// A training of `steps` steps with a validation after every fifth.
  private func record(steps: Int, outcome: TrainingRecord.Outcome) throws -> TrainingRecord {
    let lines = (0..<steps).flatMap { index -> [MetricsLine] in
      let step = index + 1
      let loss = 0.2 + 1 / Double(step).squareRoot() + 0.1 * sin(Double(step * step))
      let metrics = StepMetrics(
        step: step, loss: loss, parts: ["crossEntropy": loss], learningRate: 1e-5 / Double(step),
        gradientNorm: 3 * loss)
      let share = 1 - 1 / Double(step + 1)
      return [.step(metrics)]
        + (step.isMultiple(of: 5)
          ? [.validation(ValidationMetrics(step: step, region: share * 0.8, boundary: share * 0.9))]
          : [])
    }
    return TrainingRecord(
      model: "01ab", settings: try TrainingSettings(["clips": "<b>&\"'", "batch": 4]),
      plannedSteps: 1000, outcome: outcome, lines: lines)
  }

  private func page(_ record: TrainingRecord) throws -> XMLDocument {
    try XMLDocument(xmlString: TrainingPage(record).html, options: [])
  }

  @Test func `every figure of a training is the report's, and every link leads somewhere`() throws {
    let record = try record(steps: 40, outcome: .interrupted)
    let page = try page(record)
    let figures = try page.checkFigures(try TrainingReport(record).json)
    #expect(Set(figures).count == 6 + 8 * 3)
    try page.checkLinks()
  }

  @Test func `the report of a training has the keys of its schema, whatever it knows`() throws {
    let schema = try ReportSchema.named("training-report")
    for steps in [0, 3, 20] {
      let report = try TrainingReport(try record(steps: steps, outcome: .running)).json
      let object = try ReportSchema.object(report)
      #expect(ReportSchema.problems(object, schema, at: "report") == [])
    }
  }

  @Test func `the loss has a smoothed line and one of each step, and scores have J and F`() throws {
    let page = try page(try record(steps: 1000, outcome: .finished))
    func lines(_ id: String) throws -> [String] {
      try page.nodes(
        forXPath: "//*[@aria-labelledby='\(id)-title \(id)-text']//*[starts-with(@class, 'line ')]"
      ).compactMap { ($0 as? XMLElement)?.attribute("class") }
    }
    #expect(try lines("chart-loss") == ["line line-3", "line line-0"])
    #expect(try lines("chart-norm") == ["line line-3", "line line-0"])
    #expect(try lines("chart-rate") == ["line line-0"])
    #expect(try lines("chart-scores") == ["line line-0", "line line-1"])
    #expect(try page.nodes(forXPath: "//*[local-name()='script']").isEmpty)
  }

  @Test func `curves over many steps have round numbers of steps below them`() throws {
    let page = try page(try record(steps: 1000, outcome: .finished))
    let labels = try page.nodes(
      forXPath: "//*[@aria-labelledby='chart-loss-title chart-loss-text']"
        + "//*[local-name()='text'][@text-anchor='middle']"
    ).compactMap { $0.stringValue?.replacing("\u{202F}", with: "") }
    #expect(labels == ["200", "400", "600", "800", "1000"])
  }

  @Test func `a page is read again only while the training runs`() throws {
    for outcome in TrainingRecord.Outcome.allCases {
      let page = try page(try record(steps: 7, outcome: outcome))
      let refreshes = try page.nodes(forXPath: "//*[@http-equiv='refresh']")
      #expect(refreshes.isEmpty == (outcome != .running), "\(outcome)")
    }
  }

  @Test func `a training without steps or validations has a page`() throws {
    let html = TrainingPage(try record(steps: 0, outcome: .running)).html
    let page = try XMLDocument(xmlString: html, options: [])
    #expect(try page.nodes(forXPath: "//*[local-name()='svg']").isEmpty)
    #expect(html.contains("There was none yet."))
  }

  @Test func `settings of strangers stay text, and the same training is the same page`() throws {
    let record = try record(steps: 3, outcome: .stoppedEarly)
    let html = TrainingPage(record).html
    #expect(html.contains("&lt;b&gt;&amp;&quot;&#39;") && !html.contains("<b>"))
    #expect(html == TrainingPage(record).html)
  }

  @Test func `numbers without an end do not keep a page from being made`() throws {
    let metrics = StepMetrics(
      step: 1, loss: .infinity, parts: [:], learningRate: 0.1, gradientNorm: .nan)
    let record = TrainingRecord(
      model: "", settings: try TrainingSettings([:]), plannedSteps: 1, outcome: .interrupted,
      lines: [.step(metrics)])
    let page = try page(record)
    #expect(try page.nodes(forXPath: "//*[local-name()='h1']").first?.stringValue == "Loss ∞")
  }
}
