import Verification

/// One segmented frame as JSON.
struct ClipFrameReport: Encodable {
  struct Agreement: Encodable {
    let region: Double
    let boundary: Double

    init(_ agreement: ClipVerification.Agreement) {
      region = agreement.region
      boundary = agreement.boundary
    }
  }

  struct Truth: Encodable {
    let reference: Agreement
    let teacherForced: Agreement
    let freeRunning: Agreement

    init(_ truth: ClipVerification.Truth) {
      reference = Agreement(truth.reference)
      teacherForced = Agreement(truth.teacherForced)
      freeRunning = Agreement(truth.freeRunning)
    }
  }

  struct Difference: Encodable {
    let iou: Double
    let boundary: Double
    let changedPixels: Int

    init(_ difference: ClipVerification.Difference) {
      iou = difference.agreement.region
      boundary = difference.agreement.boundary
      changedPixels = difference.changedPixels
    }
  }

  struct Object: Encodable {
    let id: Int
    let teacherForced: Difference
    let freeRunning: Difference
    let truth: Truth?
  }

  struct Change: Encodable {
    let teacherForced: Double
    let freeRunning: Double
  }

  let index: Int
  let name: String
  let memoryFrames: Int
  let iou: Double
  let changed: Change
  let objects: [Object]

  init(_ frame: ClipVerification.Frame) {
    index = frame.index
    name = frame.name
    memoryFrames = frame.memoryFrames
    changed = Change(
      teacherForced: frame.teacherForcedChange, freeRunning: frame.freeRunningChange)
    objects = frame.objects.map { object in
      Object(
        id: Int(object.id), teacherForced: Difference(object.teacherForced),
        freeRunning: Difference(object.freeRunning), truth: object.truth.map(Truth.init))
    }
    iou = objects.map(\.freeRunning.iou).reduce(0, +) / Double(max(objects.count, 1))
  }
}
