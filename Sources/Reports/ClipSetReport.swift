public import Verification

/// The roll-up over a set of clips as JSON (`Schemas/clip-set-report.schema.json`) and as text.
public struct ClipSetReport: JSONReport {
  struct Extreme: Encodable {
    let value: Double
    let clip: String

    init(_ extreme: ClipSetVerification.Extreme) {
      value = extreme.value
      clip = extreme.clip
    }
  }

  struct Minimum: Encodable {
    let mean: OrNull<Double>
    let minimum: OrNull<Double>
    let clip: OrNull<String>
    let teacherForced: OrNull<Double>
    let freeRunning: OrNull<Double>
  }

  struct Boundary: Encodable {
    let teacherForced: OrNull<Double>
    let freeRunning: OrNull<Double>
  }

  struct Layer: Encodable {
    let name: String
    let program: String
    let precision: String
    let verdict: Verdict
    let contributionSqnr: Extreme
    let isolatedSqnr: Extreme
    let sqnr: Extreme
  }

  struct Clip: Encodable {
    let clip: ClipReport.Clip
    let verdict: Verdict
    let firstCause: OrNull<String>
    let unmatched: Int
    let iou: ClipReport.IoU
    let boundary: ClipReport.Boundary
    let truth: ClipFrameReport.Truth?
    let logitsSqnr: Double
  }

  struct Unreadable: Encodable {
    let name: String
    let problem: String
  }

  let format = ClipReport.format
  let reference: ClipReport.Side
  let candidate: ClipReport.Side
  let verdict: Verdict
  let arithmetic: String
  let topK: OrNull<Int>
  let gates: [ClipReport.Gate]
  let iou: Minimum
  let boundary: Boundary
  let truth: ClipFrameReport.Truth?
  let layers: [Layer]
  let clips: [Clip]
  let unreadable: [Unreadable]

  /// A report of `result` on two models, the second of which ran with `arithmetic`; both read the
  /// `topK` best entries of their memories, or all.
  public init(
    _ result: ClipSetVerification, reference: ClipSubject.Side, candidate: ClipSubject.Side,
    arithmetic: String, topK: Int?
  ) {
    self.reference = ClipReport.Side(reference)
    self.candidate = ClipReport.Side(candidate)
    verdict = Verdict(result.passes)
    self.arithmetic = arithmetic
    self.topK = OrNull(topK)
    gates = result.gates.map(ClipReport.Gate.init)
    let (forced, free) = (result.agreement(.forced), result.agreement(.free))
    iou = Minimum(
      mean: OrNull(free?.region), minimum: OrNull(result.worstMask?.value),
      clip: OrNull(result.worstMask?.clip), teacherForced: OrNull(forced?.region),
      freeRunning: OrNull(free?.region))
    boundary = Boundary(
      teacherForced: OrNull(forced?.boundary), freeRunning: OrNull(free?.boundary))
    truth = result.truth.map(ClipFrameReport.Truth.init)
    layers = result.layers.map { layer in
      Layer(
        name: layer.name, program: layer.program, precision: layer.precision,
        verdict: Verdict(layer.passes), contributionSqnr: Extreme(layer.contributionSQNR),
        isolatedSqnr: Extreme(layer.isolatedSQNR), sqnr: Extreme(layer.accumulatedSQNR))
    }
    clips = result.worstFirst.map { clip in
      Clip(
        clip: ClipReport.Clip(clip.subject), verdict: Verdict(clip.passes),
        firstCause: OrNull(clip.firstCause), unmatched: clip.unmatchedCount,
        iou: ClipReport.IoU(
          mean: clip.free.region, minimum: clip.worstIoU, teacherForced: clip.forced.region,
          freeRunning: clip.free.region),
        boundary: ClipReport.Boundary(
          teacherForced: clip.forced.boundary, freeRunning: clip.free.boundary),
        truth: clip.truth.map(ClipFrameReport.Truth.init), logitsSqnr: clip.logitsSQNR)
    }
    unreadable = result.unreadable.map { Unreadable(name: $0.name, problem: $0.problem) }
  }
}
