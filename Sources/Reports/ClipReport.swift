import Quantization
public import Verification

/// A comparison over a clip as JSON (`Schemas/clip-report.schema.json`) and as text.
public struct ClipReport: JSONReport {
  struct IoU: Encodable {
    let mean: Double
    let minimum: Double
    let teacherForced: Double
    let freeRunning: Double
    let gate: Double
  }

  struct Truth: Encodable {
    let reference: Double
    let candidate: Double
  }

  struct Layer: Encodable {
    let name: String
    let program: String
    let covers: [String]
    let precision: String
    let maximumError: Double
    let meanError: Double
    let sqnr: Double
    let cosine: Double
    let tolerance: Double
    let verdict: Verdict
  }

  struct Object: Encodable {
    let id: Int
    let teacherForced: Double
    let freeRunning: Double
    let referenceTruth: Double?
    let candidateTruth: Double?
  }

  struct Frame: Encodable {
    let index: Int
    let name: String
    let memoryFrames: Int
    let iou: Double
    let objects: [Object]
  }

  struct Logits: Encodable {
    let sqnr: Double
    let maximumError: Double
  }

  let verdict: Verdict
  let firstCause: OrNull<String>
  let arithmetic: String
  let topK: OrNull<Int>
  let coverage: Double
  let iou: IoU
  let truth: Truth?
  let logits: Logits
  let layers: [Layer]
  let frames: [Frame]

  /// A report of `result`, whose candidate ran with `arithmetic`.
  public init(_ result: ClipVerification, arithmetic: String) {
    verdict = Verdict(result.passes)
    self.arithmetic = arithmetic
    topK = OrNull(result.topK)
    firstCause = OrNull(result.firstCause?.name)
    coverage = result.coverage
    iou = IoU(
      mean: result.freeRunningIoU, minimum: result.worstIoU,
      teacherForced: result.teacherForcedIoU, freeRunning: result.freeRunningIoU,
      gate: result.minimumIoU)
    if let reference = result.referenceTruth, let candidate = result.candidateTruth {
      truth = Truth(reference: reference, candidate: candidate)
    } else {
      truth = nil
    }
    logits = Logits(sqnr: result.logits.sqnr, maximumError: result.logits.maximumError)
    layers = result.layers.map { layer in
      Layer(
        name: layer.name, program: layer.program, covers: layer.covers,
        precision: layer.precision.rawValue, maximumError: layer.metrics.maximumError,
        meanError: layer.metrics.meanError, sqnr: layer.metrics.sqnr,
        cosine: layer.metrics.cosine, tolerance: layer.tolerance, verdict: Verdict(layer.passes))
    }
    frames = result.frames.map { frame in
      let objects = frame.objects.map { object in
        Object(
          id: Int(object.id), teacherForced: object.teacherForced,
          freeRunning: object.freeRunning, referenceTruth: object.referenceTruth,
          candidateTruth: object.candidateTruth)
      }
      return Frame(
        index: frame.index, name: frame.name, memoryFrames: frame.memoryFrames,
        iou: objects.map(\.freeRunning).reduce(0, +) / Double(max(objects.count, 1)),
        objects: objects)
    }
  }
}
