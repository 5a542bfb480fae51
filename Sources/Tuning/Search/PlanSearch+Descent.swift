import Quantization

extension PlanSearch {
  /// How much the harms of options count.
  struct Weights {
    var programs: [String: Double] = [:]
    var precisions: [String: Double] = [:]

    func harm(_ harm: Double, of layer: SearchLayer, _ option: Int) -> Double {
      harm * (programs[layer.program] ?? 1)
        * (precisions[layer.options[option].precision.rawValue] ?? 1)
    }
  }

  /// One layer in another option.
  struct Move: Hashable {
    let layer: Int
    let option: Int
  }

  /// The plans on the way from `start`, each one move from the one before, that make `distance`, of
  /// the cost, smaller, most for the harm that it adds first, until it is 0 or no move is left.
  func descent(
    from start: Choices, _ costs: AdditiveCost, _ weights: Weights = Weights(),
    without forbidden: Set<Move> = [], to distance: (AdditiveCost.Amount) -> Double
  ) -> [Choices] {
    var (choices, amount) = (start, costs.amount(start))
    var path = [start]
    while true {
      let left = distance(amount)
      guard left > 0 else { return path }
      var best: (move: Move, isFree: Bool, rate: Double)?
      for (layer, old) in choices.enumerated() {
        for option in layers[layer].options.indices where option != old {
          let move = Move(layer: layer, option: option)
          let won = left - distance(amount + costs.change(layer, from: old, to: option))
          guard won > 0, !forbidden.contains(move) else { continue }
          let harm = harm(move, weights) - self.harm(Move(layer: layer, option: old), weights)
          let isFree = harm <= 0
          let rate = isFree ? won : won / harm
          if let known = best, (known.isFree ? 1 : 0, known.rate) >= (isFree ? 1 : 0, rate) {
            continue
          }
          best = (move, isFree, rate)
        }
      }
      guard let move = best?.move else { return path }
      amount = amount + costs.change(move.layer, from: choices[move.layer], to: move.option)
      choices[move.layer] = move.option
      path.append(choices)
    }
  }

  /// The plan within the limits that harms promise most of; nil: none was found. Throws what costs
  /// throw.
  func planned(_ costs: AdditiveCost, _ weights: Weights = Weights()) throws -> Choices? {
    var correction = AdditiveCost.Amount.none
    for _ in 0..<Self.corrections {
      guard let choices = planned(costs, weights, correctedBy: correction) else { return nil }
      let exact = AdditiveCost.Amount(try cost(choices))
      if excess(exact) == 0 { return choices }
      correction = correction.maximum(exact - costs.amount(choices))
    }
    return nil
  }

  /// How often a plan is made again because it costs more than the sum of what its options add.
  private static var corrections: Int { 8 }

  private func planned(
    _ costs: AdditiveCost, _ weights: Weights, correctedBy correction: AdditiveCost.Amount
  ) -> Choices? {
    func excess(_ amount: AdditiveCost.Amount) -> Double { self.excess(amount + correction) }
    let start = leastHarmful(weights)
    guard var choices = descent(from: start, costs, weights, to: excess).last,
      excess(costs.amount(choices)) == 0
    else { return nil }
    var amount = costs.amount(choices)
    while true {
      var best: (move: Move, won: Double)?
      for (layer, old) in choices.enumerated() {
        for option in layers[layer].options.indices where option != old {
          let move = Move(layer: layer, option: option)
          let won = self.harm(Move(layer: layer, option: old), weights) - harm(move, weights)
          guard won > best?.won ?? 0,
            excess(amount + costs.change(layer, from: old, to: option)) == 0
          else { continue }
          best = (move, won)
        }
      }
      guard let move = best?.move else { return choices }
      amount = amount + costs.change(move.layer, from: choices[move.layer], to: move.option)
      choices[move.layer] = move.option
    }
  }

  /// How far `amount` is above the limits.
  func excess(_ amount: AdditiveCost.Amount) -> Double {
    constraints.excess(bytes: amount.bytes, milliseconds: amount.milliseconds)
  }

  private func leastHarmful(_ weights: Weights) -> Choices {
    layers.indices.map { layer in
      layers[layer].options.indices.min {
        harm(Move(layer: layer, option: $0), weights)
          < harm(Move(layer: layer, option: $1), weights)
      } ?? 0
    }
  }

  private func harm(_ move: Move, _ weights: Weights) -> Double {
    weights.harm(harms[move.layer][move.option], of: layers[move.layer], move.option)
  }
}
