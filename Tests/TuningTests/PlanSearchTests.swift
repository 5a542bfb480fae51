import Quantization
import Testing
import Tuning

@Suite struct PlanSearchTests {
  /// Layers of these weights in binary16, bfloat16 or int8, whose noises are those of an invented
  /// network.
  struct Network {
    var weights: [Int]
    /// Of int8 in each layer; bfloat16 has a hundredth of it.
    var noises: [Double]
    /// What is added where two layers are both in int8.
    var together: [(Int, Int, Double)] = []
    var failsAfter = Int.max
    private(set) var measured: [[Int]] = []

    init(weights: [Int], noises: [Double], together: [(Int, Int, Double)] = []) {
      (self.weights, self.noises, self.together) = (weights, noises, together)
    }

    var layers: [SearchLayer] {
      zip(weights, noises).enumerated().map { index, layer in
        SearchLayer(
          name: "layer\(index)", program: index < weights.count / 2 ? "query" : "decode",
          options: [.init(.bfloat16, harm: layer.1 / 100), .init(.int8, harm: layer.1)])
      }
    }

    func cost(_ choices: [Int]) -> PlanCost {
      PlanCost(
        bytes: zip(weights, choices).reduce(0) { $0 + ($1.1 == 0 ? 2 : 1) * $1.0 },
        milliseconds: zip(weights, choices).reduce(0) {
          $0 + ($1.1 == 0 ? 3 : 1) * Double($1.0)
        })
    }

    mutating func quality(_ choices: [Int]) -> PlanQuality {
      measured.append(choices)
      var noise = zip(noises, choices).reduce(0) { $0 + ($1.1 == 0 ? $1.0 / 100 : $1.0) }
      for (a, b, more) in together where choices[a] == 1 && choices[b] == 1 { noise += more }
      return PlanQuality([.init(name: "clip", noise: noise, iou: max(0, 1 - 10 * noise))])
    }
  }

  /// Searches `network` under `constraints`.
  private func search(
    _ network: Network, _ constraints: SearchConstraints, trials: Int = 60
  ) throws -> (best: PlanSearch.Trial?, search: PlanSearch) {
    var network = network
    var search = PlanSearch(
      network.layers, constraints, maximumTrials: trials,
      cost: { [network] in network.cost($0) }, measure: { network.quality($0) })
    return (try search.run(), search)
  }

  struct Plan {
    let cost: PlanCost
    let quality: PlanQuality
  }

  /// The best of all plans by trying every one.
  private func exhaustive(
    _ network: Network, where isAllowed: (Plan) -> Bool, by isBetter: (Plan, Plan) -> Bool
  ) -> Plan? {
    var network = network
    let plans = (0..<1 << network.weights.count).map { bits in
      let choices = network.weights.indices.map { bits >> $0 & 1 }
      return Plan(cost: network.cost(choices), quality: network.quality(choices))
    }
    return plans.filter(isAllowed).min(by: isBetter)
  }

  private static let plain = Network(
    weights: [100, 40, 60, 10, 200, 80, 30, 120],
    noises: [1e-4, 5e-3, 2e-4, 1e-3, 3e-4, 4e-3, 1e-5, 6e-4])

  @Test(arguments: [700, 800, 900, 1000, 1279])
  func `within a size it finds masks nearly as good as the best of all plans`(bytes: Int) throws {
    let found = try #require(
      try search(Self.plain, SearchConstraints(maximumBytes: bytes)).best)
    let best = try #require(
      exhaustive(Self.plain, where: { $0.cost.bytes <= bytes }) {
        $0.quality.iou > $1.quality.iou
      })
    #expect(found.cost.bytes <= bytes)
    #expect(found.quality.noise <= 1.1 * best.quality.noise)
  }

  @Test func `within a time it finds masks that keep to it, and within both to both`() throws {
    let fast = try #require(
      try search(Self.plain, SearchConstraints(maximumMilliseconds: 1200)).best)
    #expect(fast.cost.milliseconds ?? .infinity <= 1200)
    let small = try #require(
      try search(
        Self.plain, SearchConstraints(maximumBytes: 800, maximumMilliseconds: 1200)
      ).best)
    #expect(small.cost.bytes <= 800 && small.cost.milliseconds ?? .infinity <= 1200)
    #expect(small.quality.iou <= fast.quality.iou)
  }

  @Test(arguments: [0.93, 0.97, 0.99])
  func `of masks that are good enough it finds nearly the quickest plan`(iou: Double) throws {
    let found = try #require(try search(Self.plain, SearchConstraints(minimumIoU: iou)).best)
    let best = try #require(
      exhaustive(Self.plain, where: { $0.quality.iou >= iou }) {
        $0.cost.milliseconds ?? 0 < $1.cost.milliseconds ?? 0
      })
    #expect(found.quality.iou >= iou)
    #expect(found.cost.milliseconds ?? 0 <= 1.1 * (best.cost.milliseconds ?? 0))
  }

  @Test func `what no plan can keep to has no result, but a nearest plan`() throws {
    for constraints in [
      SearchConstraints(maximumBytes: 600), SearchConstraints(minimumIoU: 1),
      SearchConstraints(maximumBytes: 700, minimumIoU: 0.99),
      SearchConstraints(maximumMilliseconds: 10),
    ] {
      let (best, search) = try search(Self.plain, constraints)
      #expect(best == nil, "\(constraints)")
      #expect(search.nearest != nil)
    }
    let small = try search(Self.plain, SearchConstraints(maximumBytes: 600)).search
    #expect(small.nearest?.choices == [1, 1, 1, 1, 1, 1, 1, 1])
  }

  @Test func `two layers that are harmless alone and harmful together are not both narrowed`()
    throws
  {
    var misleading = Self.plain
    misleading.together = [(0, 4, 0.05)]
    let constraints = SearchConstraints(maximumBytes: 900)
    let misled = try search(Self.plain, constraints)
    let choices = try #require(misled.best).choices
    #expect(choices[0] == 1 && choices[4] == 1)
    let (best, found) = try search(misleading, constraints)
    let chosen = try #require(best)
    #expect(chosen.choices[0] == 0 || chosen.choices[4] == 0)
    #expect(found.trials.contains { $0.choices == choices })
    let ideal = try #require(
      exhaustive(misleading, where: { $0.cost.bytes <= 900 }) {
        $0.quality.iou > $1.quality.iou
      })
    #expect(chosen.quality.noise <= 1.5 * ideal.quality.noise)
  }

  @Test func `harm of a pair holds where the least cost is looked for, too`() throws {
    var misleading = Self.plain
    misleading.together = [(0, 4, 0.05)]
    let found = try #require(try search(misleading, SearchConstraints(minimumIoU: 0.97)).best)
    #expect(found.quality.iou >= 0.97)
    #expect(found.cost.bytes < 1280)
  }

  @Test func `trials are bounded, never repeated, and the same in every run`() throws {
    var misleading = Self.plain
    misleading.together = [(0, 4, 0.05), (2, 7, 0.02)]
    for trials in [1, 5, 12, 60] {
      let constraints = SearchConstraints(maximumBytes: 900)
      let (best, found) = try search(misleading, constraints, trials: trials)
      #expect(found.trials.count <= trials)
      #expect(Set(found.trials.map(\.choices)).count == found.trials.count)
      let again = try search(misleading, constraints, trials: trials)
      #expect(again.best == best && again.search.trials == found.trials)
    }
  }

  @Test func `the frontier is what no other plan beats, and the choice is on it`() throws {
    let (best, found) = try search(Self.plain, SearchConstraints(maximumBytes: 900))
    let frontier = found.frontier
    #expect(frontier.contains(try #require(best)))
    for trial in frontier {
      #expect(
        !found.trials.contains {
          $0.cost.bytes < trial.cost.bytes && $0.quality.iou >= trial.quality.iou
            && $0.cost.milliseconds ?? 0 <= trial.cost.milliseconds ?? 0
        })
    }
  }

  @Test func `a size that the sum of options misses is kept to all the same`() throws {
    let network = Self.plain
    var measuring = network
    var search = PlanSearch(
      network.layers, SearchConstraints(maximumBytes: 900), maximumTrials: 20,
      cost: { choices in
        // A seam between neighbours of different precisions takes room of its own.
        let seams = zip(choices, choices.dropFirst()).count { $0 != $1 }
        return PlanCost(bytes: network.cost(choices).bytes + 11 * seams)
      }, measure: { measuring.quality($0) })
    let best = try #require(try search.run())
    #expect(best.cost.bytes <= 900)
  }

  @Test func `an error of a measurement ends the search`() throws {
    struct Interruption: Error {}
    var search = PlanSearch(
      Self.plain.layers, SearchConstraints(maximumBytes: 900), maximumTrials: 20,
      cost: { Self.plain.cost($0) }, measure: { _ in throw Interruption() })
    #expect(throws: Interruption.self) { try search.run() }
  }
}
