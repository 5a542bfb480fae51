import Quantization

extension PlanSearch {
  /// How many times the sum of harms a plan's noise may be before the search looks for the reason.
  private static let patience = 2.0
  /// The share of what a plan has in excess of the sum that one layer must answer for to be the
  /// reason.
  private static let blame = 0.25
  /// How much more the harms of a group count in a variation.
  private static let emphasis = 3.0

  /// Looks for the best masks within the limits.
  mutating func searchWithin(_ costs: AdditiveCost) throws {
    guard var plan = try planned(costs) else {
      _ = try trial(descent(from: leastHarmful, costs, to: excess).last ?? leastHarmful)
      return
    }
    while let measured = try trial(plan), measured.quality.noise > Self.patience * sum(plan),
      let next = try stepBack(from: measured, costs), next != plan
    {
      plan = next
    }
    try vary(costs)
  }

  /// The sum of harms of a plan.
  private func sum(_ choices: Choices) -> Double {
    zip(harms, choices).reduce(0) { $0 + $1.0[$1.1] }
  }

  /// What to try after `trial`, which is noisier than the sum of harms says; nil: no single layer is
  /// the reason, or trials ran out.
  ///
  /// The harm of the layer with which the excess begins becomes what it does there. Where it needs one
  /// of the layers before it for that, the other way out is to raise the harm of that one; the better
  /// of the two holds.
  private mutating func stepBack(
    from trial: Trial, _ costs: AdditiveCost
  ) throws -> Choices? {
    let start = leastHarmful
    let narrowed = start.indices.filter { trial.choices[$0] != start[$0] }
    guard let second = try jump(from: start, to: trial.choices, narrowed) else { return nil }
    let option = trial.choices[second.layer]
    let excess = second.noise - harms[second.layer][option]
    let enough = Self.blame * (trial.quality.noise - sum(trial.choices))
    guard second.noise.isFinite, excess > 0, excess >= enough else { return nil }
    var alternatives = [(layer: second.layer, noise: second.noise)]
    var with = start
    with[second.layer] = option
    if let first = try jump(from: with, to: trial.choices, narrowed.filter { $0 < second.layer }),
      first.noise.isFinite,
      first.noise > harms[first.layer][trial.choices[first.layer]] + excess / 2
    {
      alternatives.append(first)
    }
    let before = harms
    var best: (harms: [[Double]], trial: Trial)?
    for (layer, noise) in alternatives {
      harms = before
      harms[layer][trial.choices[layer]] = noise
      guard let plan = try planned(costs), let measured = try self.trial(plan) else { continue }
      if let known = best, known.trial.quality.noise <= measured.quality.noise { continue }
      best = (harms, measured)
    }
    harms = best?.harms ?? before
    return best?.trial.choices
  }

  /// Where the noise grows most beyond the sum of harms, when `layers` become what they are in
  /// `target` one after another, `start` before them: the layer, and what it adds. Nil: there are no
  /// layers, or no trials left.
  private mutating func jump(
    from start: Choices, to target: Choices, _ layers: [Int]
  ) throws -> (layer: Int, noise: Double)? {
    func prefix(_ count: Int) -> Choices {
      var choices = start
      for layer in layers.prefix(count) { choices[layer] = target[layer] }
      return choices
    }
    func excess(_ point: (count: Int, noise: Double)) -> Double {
      point.noise - sum(prefix(point.count))
    }
    guard !layers.isEmpty, let first = try trial(start)?.quality.noise,
      let last = try trial(prefix(layers.count))?.quality.noise
    else { return nil }
    var (low, high) = ((count: 0, noise: first), (count: layers.count, noise: last))
    while high.count - low.count > 1 {
      let count = (low.count + high.count) / 2
      guard let noise = try trial(prefix(count))?.quality.noise else { return nil }
      let middle = (count: count, noise: noise)
      if excess(middle) - excess(low) >= excess(high) - excess(middle) {
        high = middle
      } else {
        low = middle
      }
    }
    return (layers[high.count - 1], high.noise - low.noise)
  }

  /// Measures plans in which the harms of a program or of a precision count more, or less, for as long
  /// as one of them is better.
  private mutating func vary(_ costs: AdditiveCost) throws {
    let programs = Set(layers.map(\.program)).sorted()
    let precisions = Set(layers.flatMap(\.options).map(\.precision.rawValue)).sorted()
    let groups: [WritableKeyPath<Weights, Double?>] =
      programs.map { \Weights.programs[$0] } + precisions.map { \Weights.precisions[$0] }
    var weights = Weights()
    var isBetter = true
    while isBetter {
      isBetter = false
      for group in groups {
        for factor in [Self.emphasis, 1 / Self.emphasis] {
          var varied = weights
          varied[keyPath: group] = factor * (weights[keyPath: group] ?? 1)
          guard let plan = try planned(costs, varied), !isKnown(plan) else { continue }
          let before = best
          guard let measured = try trial(plan) else { return }
          guard best == measured, before != measured else { continue }
          (weights, isBetter) = (varied, true)
        }
      }
    }
  }

  /// Looks for the least cost at which the masks are good enough.
  mutating func searchForLeast(_ costs: AdditiveCost) throws {
    var choices = leastHarmful
    var forbidden: Set<Move> = []
    guard try isGood(choices) == true else { return }
    while true {
      let path = descent(from: choices, costs, without: forbidden) { costs.objective($0) }
      guard path.count > 1, let end = try isGood(path[path.count - 1]) else { return }
      guard !end else { return }
      var (good, bad) = (0, path.count - 1)
      while bad - good > 1 {
        let middle = (good + bad) / 2
        guard let isGood = try isGood(path[middle]) else { return }
        if isGood { good = middle } else { bad = middle }
      }
      choices = path[good]
      if let layer = choices.indices.first(where: { path[bad][$0] != choices[$0] }) {
        forbidden.insert(Move(layer: layer, option: path[bad][layer]))
      }
    }
  }

  /// Whether the masks of a plan are good enough; nil: there are no trials left.
  private mutating func isGood(_ choices: Choices) throws -> Bool? {
    try trial(choices).map { $0.quality.iou >= constraints.minimumIoU ?? 0 }
  }
}
