import Quantization

extension ClipVerification {
  /// The mean of `value` over all frames and objects.
  private func mean(_ value: (Object) -> Double?) -> Double? {
    let values = frames.flatMap(\.objects).compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The mean agreement of the candidate's masks in `run` with the reference's; full where there are
  /// none.
  public func agreement(_ run: MaskRun) -> Agreement {
    Agreement(
      region: mean { $0.difference(run).agreement.region } ?? 1,
      boundary: mean { $0.difference(run).agreement.boundary } ?? 1)
  }

  /// The mean IoU of the teacher-forced candidate's masks with the reference's.
  public var teacherForcedIoU: Double { agreement(.forced).region }

  /// The mean IoU of the free-running candidate's masks with the reference's.
  public var freeRunningIoU: Double { agreement(.free).region }

  /// The smallest IoU of a mask of the free-running candidate with the reference's.
  public var worstIoU: Double {
    frames.flatMap(\.objects).map(\.freeRunning.agreement.region).min() ?? 1
  }

  /// The means with the ground truth, or nil where the clip has none.
  public var truth: Truth? {
    guard let reference = truth({ $0.reference }), let forced = truth({ $0.teacherForced }),
      let free = truth({ $0.freeRunning })
    else { return nil }
    return Truth(reference: reference, teacherForced: forced, freeRunning: free)
  }

  private func truth(_ side: (Truth) -> Agreement) -> Agreement? {
    guard let region = mean({ $0.truth.map { side($0).region } }),
      let boundary = mean({ $0.truth.map { side($0).boundary } })
    else { return nil }
    return Agreement(region: region, boundary: boundary)
  }

  /// The share of the convolutions that run in the standard precision of the candidate's plan.
  public var coverage: Double {
    let convolutions = layers.filter(\.isConvolution)
    let covered = convolutions.count { $0.precision == plan.standard }
    return convolutions.isEmpty ? 1 : Double(covered) / Double(convolutions.count)
  }

  /// The first layer to run that adds more error than its tolerance allows.
  public var firstCause: Layer? { layers.first { !$0.passes } }

  /// Whether every layer has a counterpart and is within its tolerance, and every gate holds.
  public var passes: Bool {
    firstCause == nil && unmatched.isEmpty && gates.allSatisfy(\.passes)
  }
}
