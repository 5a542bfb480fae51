/// The comparisons of two models over the clips of a set, rolled up.
///
/// Every clip counts the same in means, however long it is; of layers the worst clip counts.
public struct ClipSetVerification: Sendable {
  /// A clip that could not be compared, which makes the set fail.
  public struct Unreadable: Sendable, Hashable {
    /// The clip's name.
    public let name: String
    /// What is wrong with it.
    public let problem: String

    /// A clip called `name` with a `problem`.
    public init(name: String, problem: String) {
      self.name = name
      self.problem = problem
    }
  }

  /// The worst of a layer over all clips, in dB, with the clip.
  public struct Extreme: Sendable, Hashable {
    /// The value.
    public let value: Double
    /// The name of the clip.
    public let clip: String
  }

  /// A layer over all clips.
  public struct Layer: Sendable, Hashable {
    /// The step's name and that of its program.
    public let name: String, program: String
    /// How the candidate runs it.
    public let precision: String
    /// The smallest ``ClipSummary/Layer/contributionSQNR``.
    public let contributionSQNR: Extreme
    /// The smallest ``ClipSummary/Layer/isolatedSQNR``.
    public let isolatedSQNR: Extreme
    /// The smallest ``ClipSummary/Layer/accumulatedSQNR``.
    public let accumulatedSQNR: Extreme
    /// Whether the layer is within its tolerance in every clip.
    public let passes: Bool
  }

  /// The clips that were compared, in the order of the set.
  public let clips: [ClipSummary]
  /// The clips that could not be.
  public let unreadable: [Unreadable]
  /// The gates, held against the whole set.
  public let gates: [GateResult]
  /// The layers of all clips, in the order in which they run.
  public let layers: [Layer]

  /// Rolls up `clips`, whose gates are `gates`.
  public init(_ clips: [ClipSummary], unreadable: [Unreadable], gates: [Gate]) {
    self.clips = clips
    self.unreadable = unreadable
    self.gates = gates.indices.map { GateResult(of: gates[$0], number: $0, over: clips) }
    layers = (clips.first?.layers ?? []).enumerated().map { index, layer in
      func worst(_ value: (ClipSummary.Layer) -> Double) -> Extreme {
        let all = clips.map { Extreme(value: value($0.layers[index]), clip: $0.subject.clip) }
        return all.dropFirst().reduce(all[0]) { $1.value < $0.value ? $1 : $0 }
      }
      return Layer(
        name: layer.name, program: layer.program, precision: layer.precision,
        contributionSQNR: worst(\.contributionSQNR), isolatedSQNR: worst(\.isolatedSQNR),
        accumulatedSQNR: worst(\.accumulatedSQNR),
        passes: clips.allSatisfy { $0.layers[index].passes })
    }
  }

  /// Whether every clip could be compared, every layer has a counterpart and is within its tolerance
  /// in each, and every gate holds over the set.
  ///
  /// That a clip by itself misses a gate on masks does not count.
  public var passes: Bool {
    !clips.isEmpty && unreadable.isEmpty && gates.allSatisfy(\.passes)
      && clips.allSatisfy { $0.firstCause == nil && $0.unmatchedCount == 0 }
  }

  /// The clips from the worst on: by the mean IoU of free-running masks, then by their names.
  public var worstFirst: [ClipSummary] {
    clips.sorted { ($0.free.region, $0.subject.clip) < ($1.free.region, $1.subject.clip) }
  }

  /// The clip with the worst free-running mask.
  public var worstMask: Extreme? {
    clips.map { Extreme(value: $0.worstIoU, clip: $0.subject.clip) }
      .min { ($0.value, $0.clip) < ($1.value, $1.clip) }
  }

  /// The mean over clips of `value` where there is one; nil where there is none.
  public func mean(_ value: (ClipSummary) -> Double?) -> Double? {
    let values = clips.compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The mean agreement with the reference's masks in `run`; nil where no clip was compared.
  public func agreement(_ run: MaskRun) -> ClipVerification.Agreement? {
    agreement { run == .forced ? $0.forced : $0.free }
  }

  /// The means with the ground truth over the clips that have one; nil where none has.
  public var truth: ClipVerification.Truth? {
    guard let reference = agreement({ $0.truth?.reference }),
      let forced = agreement({ $0.truth?.teacherForced }),
      let free = agreement({ $0.truth?.freeRunning })
    else { return nil }
    return ClipVerification.Truth(
      reference: reference, teacherForced: forced, freeRunning: free)
  }

  private func agreement(
    _ value: (ClipSummary) -> ClipVerification.Agreement?
  ) -> ClipVerification.Agreement? {
    guard let region = mean({ value($0)?.region }),
      let boundary = mean({ value($0)?.boundary })
    else { return nil }
    return ClipVerification.Agreement(region: region, boundary: boundary)
  }
}
