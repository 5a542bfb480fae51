import Reports
public import Training

/// The course of a training as one HTML page that needs nothing beside it: no network, no other file,
/// no script.
///
/// The loss, the learning rate, the norm of the gradients and J and F of the validations as curves,
/// then the validations as a table and the settings. Numbers are `data` elements with their place in
/// the JSON report, `data-json`, a JSON pointer. While the training runs, a browser reads the page
/// again from time to time. The page is XML as well, and has neither clock nor path.
public struct TrainingPage {
  /// The page.
  public let html: String

  /// The page of `record`.
  public init(_ record: TrainingRecord) { html = Templates.page(Content(record)) }

  /// The values of the template.
  struct Content {
    /// How long a browser shows a page of a training that runs before it reads it again, in seconds.
    let refresh: Int?
    let title: String
    let style = Templates.style
    let kicker: String
    let heading: Markup
    let lead: String
    let facts: [Fact]
    let note: String
    let loss: LayerSection.Chart?
    let curves: [LayerSection.Chart]
    let scores: LayerSection.Chart?
    let rows: [Row]
    let model: String
    let settings: [Setting]

    init(_ record: TrainingRecord) {
      let isRunning = record.outcome == .running
      refresh = isRunning ? 30 : nil
      let shown = record.smoothed(\.loss).last.map(Numbers.significant) ?? "–"
      title = "Loss \(shown), \(record.steps.count.of("step"))"
      kicker = "Training"
      heading = Self.figure(record.smoothed(\.loss).last, "/loss/smoothed")
      lead = Self.lead(record)
      facts = Self.facts(record)
      note =
        "The thin line is the number of each step, the thick one an exponential mean over about "
        + "\(record.horizon.of("step"))."
        + (record.steps.count > LineChart.maximumColumns
          ? " Each point of a long training is the mean of several steps." : "")
      let curves = TrainingCurves(record)
      let steps = curves.steps
      loss = steps.first
      self.curves = Array(steps.dropFirst())
      scores = curves.scores
      rows = record.validations.enumerated().map { Row($0.offset, $0.element, best: record.best) }
      model = record.model
      settings = record.settings.values.sorted { $0.key < $1.key }.map(Setting.init)
    }

    private static func lead(_ record: TrainingRecord) -> String {
      let done = "after \(record.steps.count.grouped) of \(record.plannedSteps.of("step"))"
      return switch record.outcome {
      case .running: "The training runs: this is how it stands \(done)."
      case .finished: "All \(record.steps.count.of("step")) are done."
      case .stoppedEarly: "The training ended \(done), since it did not get better any more."
      case .interrupted: "The training was interrupted \(done); it can be resumed."
      }
    }

    private static func facts(_ record: TrainingRecord) -> [Fact] {
      var facts: [Fact] = []
      if let first = record.steps.first, let last = record.steps.last {
        facts += [
          Fact(term: "Loss of the first step", figure: figure(first.loss, "/loss/first")),
          Fact(term: "Loss of the last step", figure: figure(last.loss, "/loss/last")),
          Fact(term: "Learning rate", figure: figure(last.learningRate, "/learningRate")),
          Fact(term: "Norm of the gradients", figure: figure(last.gradientNorm, "/gradientNorm")),
        ]
      }
      if let best = record.best {
        facts.append(
          Fact(
            term: "Best J&F, after \(best.step.of("step"))",
            figure: Figure.share(best.overall, at: "/best/overall").markup))
      }
      return facts
    }

    private static func figure(_ value: Double?, _ pointer: String) -> Markup {
      value.map { Figure.magnitude($0, at: pointer).markup } ?? Markup("–")
    }
  }

  /// A number at the top.
  struct Fact {
    let term: String
    let figure: Markup
  }

  /// A row of the table of validations.
  struct Row {
    let step: String
    let isBest: Bool
    let figures: [Markup]

    init(_ index: Int, _ metrics: ValidationMetrics, best: ValidationMetrics?) {
      step = metrics.step.grouped
      isBest = metrics.step == best?.step
      figures = [
        (metrics.overall, "overall"), (metrics.region, "region"), (metrics.boundary, "boundary"),
      ].map { Figure.share($0, at: "/validations/\(index)/\($1)").markup }
    }
  }

  /// A setting.
  struct Setting {
    let name: String
    let value: String

    init(_ setting: (key: String, value: String)) { (name, value) = (setting.key, setting.value) }
  }
}
