/// What plans cost, as the sum of what each layer's option adds to one plan: exact but for what an
/// option does to its neighbours.
struct AdditiveCost {
  /// Bytes and milliseconds.
  struct Amount {
    var bytes: Double
    var milliseconds: Double

    init(_ cost: PlanCost) {
      bytes = Double(cost.bytes)
      milliseconds = cost.milliseconds ?? 0
    }

    /// Nothing.
    static var none: Amount { Amount(bytes: 0, milliseconds: 0) }

    private init(bytes: Double, milliseconds: Double) {
      self.bytes = bytes
      self.milliseconds = milliseconds
    }

    static func + (a: Amount, b: Amount) -> Amount {
      Amount(bytes: a.bytes + b.bytes, milliseconds: a.milliseconds + b.milliseconds)
    }

    /// The larger bytes and the larger milliseconds of this and `other`.
    func maximum(_ other: Amount) -> Amount {
      Amount(
        bytes: max(bytes, other.bytes), milliseconds: max(milliseconds, other.milliseconds))
    }

    static func - (a: Amount, b: Amount) -> Amount {
      Amount(bytes: a.bytes - b.bytes, milliseconds: a.milliseconds - b.milliseconds)
    }
  }

  /// Whether ``objective(_:)`` is time.
  let hasTime: Bool

  private let base: Amount
  private let added: [[Amount]]

  /// The costs around the plan `center`, of which `cost` says what plans cost. Throws what it throws.
  init(
    of layers: [SearchLayer], around center: PlanSearch.Choices,
    _ cost: (PlanSearch.Choices) throws -> PlanCost
  ) throws {
    let exact = try cost(center)
    let base = Amount(exact)
    (self.base, hasTime) = (base, exact.milliseconds != nil)
    added = try layers.enumerated().map { layer, described in
      try described.options.indices.map { option in
        var choices = center
        choices[layer] = option
        return option == center[layer] ? .none : Amount(try cost(choices)) - base
      }
    }
  }

  /// What `choices` cost.
  func amount(_ choices: PlanSearch.Choices) -> Amount {
    choices.enumerated().reduce(base) { $0 + added[$1.offset][$1.element] }
  }

  /// What changes where `layer` goes from one option to another.
  func change(_ layer: Int, from old: Int, to new: Int) -> Amount {
    added[layer][new] - added[layer][old]
  }

  /// The number that is made small where nothing limits it.
  func objective(_ amount: Amount) -> Double { hasTime ? amount.milliseconds : amount.bytes }
}
