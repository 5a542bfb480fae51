import Quantization
public import Verification

/// A comparison over a clip as JSON (`Schemas/clip-report.schema.json`) and as text.
public struct ClipReport: JSONReport {
  struct Gate: Encodable {
    let gate: String
    let found: OrNull<Double>
    let place: OrNull<String>
    let verdict: Verdict
    let passing: OrNull<String>

    init(_ result: GateResult) {
      gate = result.gate.description
      found = OrNull(result.found)
      place = OrNull(result.place)
      verdict = Verdict(result.passes)
      passing = OrNull(result.passing?.description)
    }
  }

  struct IoU: Encodable {
    let mean: Double
    let minimum: Double
    let teacherForced: Double
    let freeRunning: Double
  }

  struct Boundary: Encodable {
    let teacherForced: Double
    let freeRunning: Double
  }

  struct Logits: Encodable {
    let sqnr: Double
    let maximumError: Double
  }

  struct Layer: Encodable {
    let name: String
    let program: String
    let covers: [String]
    let precision: String
    let maximumError: Double
    let sqnr: Double
    let isolatedSqnr: Double
    let contributionSqnr: Double
    let outlyingChannel: OrNull<LayerMetricsReport.Channel>
    let tolerance: Double
    let passingTolerance: Double
    let verdict: Verdict
    let isolated: LayerMetricsReport
    let accumulated: LayerMetricsReport
  }

  struct Unmatched: Encodable {
    let name: String
    let program: String
    let covers: [String]
    let side: String
  }

  struct Clip: Encodable {
    let name: String
    let frames: Int
    let width: Int
    let height: Int
    let objects: Int

    init(_ subject: ClipSubject) {
      name = subject.clip
      frames = subject.frameCount
      width = subject.width
      height = subject.height
      objects = subject.objectCount
    }
  }

  struct Side: Encodable {
    let fingerprint: String
    let precision: String

    init(_ side: ClipSubject.Side) {
      fingerprint = side.fingerprint
      precision = side.precision
    }
  }

  /// The version of the format, which grows where a reader of older reports would go wrong.
  public static let format = 1

  let format = Self.format
  let reference: Side
  let candidate: Side
  let clip: Clip
  let verdict: Verdict
  let firstCause: OrNull<String>
  let arithmetic: String
  let topK: OrNull<Int>
  let coverage: Double
  let gates: [Gate]
  let iou: IoU
  let boundary: Boundary
  let truth: ClipFrameReport.Truth?
  let logits: Logits
  let layers: [Layer]
  let unmatched: [Unmatched]
  let frames: [ClipFrameReport]
  let timing: TimingReport?

  /// A report of `result` on `subject`, whose candidate ran with `arithmetic`; `timing` where it was
  /// asked for.
  public init(
    _ result: ClipVerification, of subject: ClipSubject, arithmetic: String,
    timing: TimingReport? = nil
  ) {
    self.timing = timing
    reference = Side(subject.reference)
    candidate = Side(subject.candidate)
    clip = Clip(subject)
    verdict = Verdict(result.passes)
    self.arithmetic = arithmetic
    topK = OrNull(result.topK)
    firstCause = OrNull(result.firstCause?.name)
    coverage = result.coverage
    gates = result.gates.map(Gate.init)
    let (forced, free) = (result.agreement(.forced), result.agreement(.free))
    iou = IoU(
      mean: free.region, minimum: result.worstIoU, teacherForced: forced.region,
      freeRunning: free.region)
    boundary = Boundary(teacherForced: forced.boundary, freeRunning: free.boundary)
    truth = result.truth.map(ClipFrameReport.Truth.init)
    logits = Logits(sqnr: result.logits.sqnr, maximumError: result.logits.maximumError)
    layers = result.layers.map { layer in
      Layer(
        name: layer.name, program: layer.program, covers: layer.covers,
        precision: layer.precision.rawValue, maximumError: layer.accumulated.total.maximumError,
        sqnr: layer.accumulated.total.sqnr, isolatedSqnr: layer.isolated.total.sqnr,
        contributionSqnr: layer.contributionSQNR,
        outlyingChannel: OrNull(
          layer.outlyingChannel.map {
            LayerMetricsReport.Channel(index: $0.index, sqnr: $0.sqnr)
          }),
        tolerance: layer.tolerance, passingTolerance: layer.passingTolerance,
        verdict: Verdict(layer.passes), isolated: LayerMetricsReport(layer.isolated),
        accumulated: LayerMetricsReport(layer.accumulated))
    }
    unmatched = result.unmatched.map {
      Unmatched(name: $0.name, program: $0.program, covers: $0.covers, side: $0.side.rawValue)
    }
    frames = result.frames.map(ClipFrameReport.init)
  }
}
