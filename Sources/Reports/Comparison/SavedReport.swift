import Files
import Foundation
import Verification

/// A report of a comparison over a clip or a set of clips, read back as far as ratchets need it.
public struct SavedReport: Sendable {
  /// One number that must not get less.
  struct Measure: Sendable, Hashable {
    /// What is measured.
    let metric: RatchetMetric
    /// Where, and in which run.
    let place: String
  }

  /// The file, for messages.
  public let path: String
  /// What must be the same in two reports, by noun, in an order of its own.
  let subject: [(noun: String, value: String)]
  /// What tells the candidate's weights from others.
  let candidate: String
  /// Whether the comparison passed.
  let verdict: Verdict
  /// The gates, and whether they held.
  let gates: [(gate: Gate, verdict: Verdict)]
  /// The layers by program and name, and whether they were within their tolerances.
  let layers: [(layer: String, verdict: Verdict)]
  /// The clips of a set.
  let clips: [String]
  /// The numbers, in an order of its own.
  let measures: [(measure: Measure, value: Double)]

  /// Reads the report at `path`. Throws `FileError` or ``ReportError``.
  public init(path: String) throws {
    let file = try FileBytes(path: path)
    let data = file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Data($0) } }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      let format = try decoder.decode(StoredFormat.self, from: data).format
      guard format <= ClipReport.format else {
        throw ReportError.newerFormat(path: path, found: format, known: ClipReport.format)
      }
      guard format >= 1 else {
        throw ReportError.notAReport(path: path, reason: "format \(format)")
      }
      try self.init(try decoder.decode(StoredReport.self, from: data), path: path)
    } catch let error as DecodingError {
      throw ReportError.notAReport(path: path, reason: error.found)
    }
  }

  private init(_ stored: StoredReport, path: String) throws(ReportError) {
    self.path = path
    var subject = [
      ("report", stored.clips == nil ? "of a clip" : "of a set of clips"),
      ("reference", stored.reference.fingerprint),
      ("precision of the reference", stored.reference.precision),
      ("precision of the candidate", stored.candidate.precision),
      ("arithmetic", stored.arithmetic), ("top-k", stored.topK.map { "\($0)" } ?? "all"),
    ]
    if let clip = stored.clip { subject.append(("clip", "\(clip)")) }
    self.subject = subject.map { (noun: $0.0, value: $0.1) }
    candidate = stored.candidate.fingerprint
    verdict = stored.verdict
    gates = try stored.gates.map { stored throws(ReportError) -> (gate: Gate, verdict: Verdict) in
      guard let gate = try? Gate(stored.gate) else {
        throw .notAReport(path: path, reason: "no gate in '\(stored.gate)'")
      }
      return (gate, stored.verdict)
    }
    layers = stored.layers.map { ("\($0.program) \($0.name)", $0.verdict) }
    clips = (stored.clips ?? []).map { "\($0.clip)" }.sorted()
    measures = Self.measures(stored)
  }

  private static func measures(_ stored: StoredReport) -> [(measure: Measure, value: Double)] {
    var found: [(measure: Measure, value: Double)] = []
    func add(_ metric: RatchetMetric, _ place: String, _ value: Double) {
      found.append((Measure(metric: metric, place: place), value))
    }
    func add(_ masks: StoredReport.Masks, _ place: String) {
      add(.iou, "\(place)mean, teacher-forced", masks.iou.teacherForced)
      add(.iou, "\(place)mean, free-running", masks.iou.freeRunning)
      add(.iou, "\(place)worst, free-running", masks.iou.minimum)
      add(.boundary, "\(place)mean, teacher-forced", masks.boundary.teacherForced)
      add(.boundary, "\(place)mean, free-running", masks.boundary.freeRunning)
      guard let truth = masks.truth else { return }
      for (run, side) in [
        ("teacher-forced", truth.teacherForced), ("free-running", truth.freeRunning),
      ] {
        add(.j, "\(place)mean, \(run)", side.region)
        add(.f, "\(place)mean, \(run)", side.boundary)
      }
    }
    if let masks = stored.masks { add(masks, "") }
    if let logits = stored.logits { add(.sqnr, "logits, teacher-forced", logits.sqnr) }
    for layer in stored.layers {
      add(.sqnr, "\(layer.program) \(layer.name), contributed", layer.contributionSqnr.value)
      add(.sqnr, "\(layer.program) \(layer.name), isolated", layer.isolatedSqnr.value)
      add(.sqnr, "\(layer.program) \(layer.name), accumulated", layer.sqnr.value)
    }
    for clip in stored.clips ?? [] {
      add(clip.masks, "\(clip.clip.name): ")
      add(.sqnr, "\(clip.clip.name): logits, teacher-forced", clip.logitsSqnr)
    }
    return found
  }
}
