public import Training

/// What came of a training, as JSON (`Schemas/training-report.schema.json`).
public struct TrainingReport: JSONReport {
  /// The loss of steps: `smoothed` as an exponential mean over about `horizon` of them.
  struct Loss: Encodable {
    let first: Double
    let last: Double
    let smoothed: Double
    let horizon: Int
  }

  let model: String
  let settings: TrainingSettings
  let outcome: TrainingRecord.Outcome
  let plannedSteps: Int
  let steps: Int
  let loss: OrNull<Loss>
  let learningRate: OrNull<Double>
  let gradientNorm: OrNull<Double>
  let best: OrNull<ValidationMetrics>
  let validations: [ValidationMetrics]

  /// The report of `record`.
  public init(_ record: TrainingRecord) {
    model = record.model
    settings = record.settings
    outcome = record.outcome
    plannedSteps = record.plannedSteps
    steps = record.steps.count
    if let first = record.steps.first, let last = record.steps.last,
      let smoothed = record.smoothed(\.loss).last
    {
      loss = OrNull(
        Loss(
          first: first.loss, last: last.loss, smoothed: smoothed, horizon: record.horizon))
    } else {
      loss = OrNull(nil)
    }
    learningRate = OrNull(record.steps.last?.learningRate)
    gradientNorm = OrNull(record.steps.last?.gradientNorm)
    best = OrNull(record.best)
    validations = record.validations
  }
}
