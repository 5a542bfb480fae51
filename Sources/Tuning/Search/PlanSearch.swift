/// Finds the precision of every layer under constraints: by the harm of each layer alone, and then by
/// measuring whole plans.
///
/// Under limits on size or time it looks for the best IoU within them: from the least harmful plan on,
/// the layer is narrowed that wins most of what is missing for the harm that it adds, until the limits
/// hold, and then widened where room is left. The plan is measured. Where it is more than twice as
/// noisy as the sum of harms says, the layer with which that begins is found by halving the list of
/// narrowed layers, and the layer before it that it takes for that; the harm of one of them becomes
/// what it does there, and the search steps back and plans again.
/// What trials are left go to plans in which the harms of one program, or of one precision, count
/// three times as much or a third.
///
/// With a least IoU alone it looks for the least time, where times are known, or the smallest file:
/// layers are narrowed in the same order for as long as the IoU allows, which is found by halving;
/// a layer with which it no longer does stays as it was, and the search goes on without it.
///
/// Results depend on nothing but what costs and measurements are: a search that is run again on the
/// same ones, some of them remembered, takes the same way.
public struct PlanSearch {
  /// A plan that was measured: for each layer the index of its option.
  public typealias Choices = [Int]

  /// One measured plan.
  public struct Trial: Sendable, Hashable {
    /// The option of each layer.
    public let choices: Choices
    /// What it costs.
    public let cost: PlanCost
    /// How good it is.
    public let quality: PlanQuality
  }

  /// The layers.
  public let layers: [SearchLayer]
  /// What plans must keep to.
  public let constraints: SearchConstraints
  /// The most plans that are measured.
  public let maximumTrials: Int
  /// The measured plans, in order.
  public private(set) var trials: [Trial] = []

  /// The harms of options as they are known now, by layer.
  var harms: [[Double]]

  let cost: (Choices) throws -> PlanCost
  private let measure: (Choices) throws -> PlanQuality
  private var known: [Choices: Int] = [:]

  /// A search. `cost` says what a plan costs, with its time wherever that is limited; `measure` how
  /// good it is.
  public init(
    _ layers: [SearchLayer], _ constraints: SearchConstraints, maximumTrials: Int,
    cost: @escaping (Choices) throws -> PlanCost,
    measure: @escaping (Choices) throws -> PlanQuality
  ) {
    precondition(maximumTrials >= 1, "\(maximumTrials) trials")
    self.layers = layers
    self.constraints = constraints
    self.maximumTrials = maximumTrials
    self.cost = cost
    self.measure = measure
    harms = layers.map { $0.options.map(\.harm) }
  }

  /// Searches and returns the best plan that keeps to the constraints; nil: none of ``trials`` does.
  /// The plans `first`, which are worth knowing, are measured before, but for a quarter of the trials
  /// at most.
  ///
  /// Throws what costs and measurements throw.
  public mutating func run(startingWith first: [Choices] = []) throws -> Trial? {
    for choices in first.prefix(maximumTrials / 4) { _ = try trial(choices) }
    let costs = try AdditiveCost(of: layers, around: leastHarmful, cost)
    if constraints.limitsCost {
      try searchWithin(costs)
    } else {
      try searchForLeast(costs)
    }
    return best
  }

  /// The plan of the least harmful option of every layer, the first of equals.
  var leastHarmful: Choices {
    harms.map { harms in harms.indices.min { harms[$0] < harms[$1] } ?? 0 }
  }

  /// Measures a plan, unless that was done; nil: there are no trials left.
  mutating func trial(_ choices: Choices) throws -> Trial? {
    if let index = known[choices] { return trials[index] }
    guard trials.count < maximumTrials else { return nil }
    let trial = Trial(
      choices: choices, cost: try cost(choices), quality: try measure(choices))
    known[choices] = trials.count
    trials.append(trial)
    return trial
  }

  /// Whether a plan was measured.
  func isKnown(_ choices: Choices) -> Bool { known[choices] != nil }

  /// The best measured plan that keeps to the constraints.
  var best: Trial? {
    trials.filter { constraints.violation($0.cost, $0.quality) == 0 }.min(by: isBetter)
  }

  /// The measured plan that comes nearest to keeping to them.
  public var nearest: Trial? {
    trials.min {
      constraints.violation($0.cost, $0.quality) < constraints.violation($1.cost, $1.quality)
    }
  }

  /// The measured plans that no other one beats in size, time and IoU at once.
  public var frontier: [Trial] {
    trials.filter { trial in !trials.contains { $0.dominates(trial) } }
  }

  /// Whether `a` is nearer to the goal than `b`, both within the constraints.
  func isBetter(_ a: Trial, than b: Trial) -> Bool {
    let (mine, theirs) = (-a.quality.iou, -b.quality.iou)
    guard !constraints.limitsCost else {
      return (mine, a.quality.noise, a.cost.bytes) < (theirs, b.quality.noise, b.cost.bytes)
    }
    return (a.cost.objective, mine, a.quality.noise) < (b.cost.objective, theirs, b.quality.noise)
  }
}

extension PlanSearch.Trial {
  /// Whether this is at least as good as `other` in everything, and better in something.
  fileprivate func dominates(_ other: PlanSearch.Trial) -> Bool {
    let (mine, theirs) = (cost.milliseconds ?? 0, other.cost.milliseconds ?? 0)
    let isNoWorse =
      cost.bytes <= other.cost.bytes && mine <= theirs && quality.iou >= other.quality.iou
    return isNoWorse
      && (cost.bytes < other.cost.bytes || mine < theirs || quality.iou > other.quality.iou)
  }
}

extension PlanCost {
  /// What is made small where nothing limits it: the time where it is known, else the bytes.
  var objective: Double { milliseconds ?? Double(bytes) }
}
