import Networks

/// A gate with what was found.
public struct GateResult: Sendable, Codable {
  /// What must be reached.
  public let gate: Gate
  /// What was found, the worst of all that the gate selects; nil where there is nothing of the kind,
  /// as with the ground truth of a clip that has none.
  public let found: Double?
  /// Where that is: a layer, a frame with its object, or a run; nil where it is a mean of both.
  public let place: String?

  /// Whether the gate holds; one that finds nothing does not.
  public var passes: Bool { found.map { gate.comparison.holds($0, gate.limit) } ?? false }

  /// The gate that would have held; nil where none would.
  public var passing: Gate? { found.flatMap(gate.passing) }

  /// Measures what `gate` asks of `layers` and `frames`.
  init(
    of gate: Gate, _ layers: [ClipVerification.Layer], _ frames: [ClipVerification.Frame]
  ) {
    let candidates: [(value: Double, place: String)]
    switch gate.subject {
    case .layers(let metric, let run, let pattern):
      candidates = layers.filter { pattern.matches($0.name) }.map { layer in
        (metric.value(of: run == .isolated ? layer.isolated : layer.accumulated), layer.name)
      }
    case .masks(let metric, let run, let summary):
      candidates = (run.map { [$0] } ?? MaskRun.allCases).compactMap { run in
        metric.values(of: frames, run).summary(summary, of: metric, run)
      }
    }
    self.init(of: gate, candidates)
  }

  /// Measures what `gate`, number `number` of every clip's own, asks of a set of clips: of layers the
  /// worst clip counts, and in means of masks every clip the same.
  init(of gate: Gate, number: Int, over clips: [ClipSummary]) {
    let candidates: [(value: Double, place: String)]
    switch gate.subject {
    case .layers:
      candidates = clips.compactMap { clip in
        let result = clip.gates[number]
        return result.found.map { ($0, "\(clip.subject.clip): \(result.place ?? "")") }
      }
    case .masks(let metric, let run, let summary):
      candidates = (run.map { [$0] } ?? MaskRun.allCases).compactMap { run in
        let values = clips.map { clip in
          metric.values(of: clip.frames, run).map { value in
            (value: value.value, place: "\(clip.subject.clip): \(value.place)")
          }
        }
        guard summary == .mean else {
          return values.flatMap { $0 }.summary(summary, of: metric, run)
        }
        return values.compactMap { $0.summary(.mean, of: metric, run) }
          .summary(.mean, of: metric, run)
      }
    }
    self.init(of: gate, candidates)
  }

  /// The worst of `candidates`.
  private init(of gate: Gate, _ candidates: [(value: Double, place: String)]) {
    self.gate = gate
    let worst = candidates.reduce(nil) { worst, next -> (value: Double, place: String)? in
      guard let worst else { return next }
      return next.value.isWorse(than: worst.value, for: gate.comparison) ? next : worst
    }
    found = worst?.value
    place = worst?.place
  }
}

extension Double {
  /// Whether a gate that compares like this holds less easily; NaN holds least.
  fileprivate func isWorse(than other: Double, for comparison: Gate.Comparison) -> Bool {
    if isNaN || other.isNaN { return !other.isNaN }
    return comparison.wantsMore ? self < other : self > other
  }
}

extension MaskMetric {
  /// The metric of every frame and object where there is one, with the place.
  fileprivate func values(
    of frames: [ClipVerification.Frame], _ run: MaskRun
  ) -> [(value: Double, place: String)] {
    frames.flatMap { frame -> [(value: Double, place: String)] in
      guard self != .changed else { return [(frame.change(run), "frame \(frame.name)")] }
      return frame.objects.compactMap { object in
        value(of: object, run).map { ($0, "frame \(frame.name), object \(object.id)") }
      }
    }
  }

  private func value(of object: ClipVerification.Object, _ run: MaskRun) -> Double? {
    switch self {
    case .iou: object.difference(run).agreement.region
    case .boundary: object.difference(run).agreement.boundary
    case .j: object.truth?.agreement(run).region
    case .f: object.truth?.agreement(run).boundary
    case .changed: nil
    }
  }
}

extension [(value: Double, place: String)] {
  /// The values summed up; nil where there are none.
  fileprivate func summary(
    _ summary: MaskSummary, of metric: MaskMetric, _ run: MaskRun
  ) -> (value: Double, place: String)? {
    guard !isEmpty else { return nil }
    let wantsSmallest =
      switch summary {
      case .min: true
      case .max: false
      case .worst: metric.isAgreement
      case .mean: false
      }
    if summary == .mean {
      return (map(\.value).reduce(0, +) / Double(count), run.title)
    }
    let found = self.min { wantsSmallest ? $0.value < $1.value : $0.value > $1.value }
    return found.map { ($0.value, "\($0.place), \(run.title)") }
  }
}

extension ClipVerification.Object {
  /// The candidate's mask in `run` beside the reference's.
  func difference(_ run: MaskRun) -> ClipVerification.Difference {
    run == .forced ? teacherForced : freeRunning
  }
}

extension ClipVerification.Truth {
  /// The candidate's mask in `run` beside the ground truth.
  func agreement(_ run: MaskRun) -> ClipVerification.Agreement {
    run == .forced ? teacherForced : freeRunning
  }
}

extension ClipVerification.Frame {
  /// The share of the pixels that changed in `run`.
  func change(_ run: MaskRun) -> Double {
    run == .forced ? teacherForcedChange : freeRunningChange
  }
}
