/// The minimizing delta debugging algorithm (Zeller and Hildebrandt, *Simplifying and Isolating
/// Failure-Inducing Input*, IEEE Transactions on Software Engineering 28(2), 2002), for a set with
/// which a test holds.
///
/// Elements come in an order, the most promising first. The smallest of the first 1, 2, 4, 8, ...
/// that holds is divided into parts, from 2 to as many as it has elements, and goes on without any
/// part without which it still holds, the least promising tried first. Parts alone are tried where
/// there are two, which are one another's rest. What cannot be judged counts as not holding.
struct DeltaDebugging {
  /// What a test of some elements says.
  typealias Outcome = Bisection.Verdict

  /// What was found.
  struct Result {
    /// The elements, in order.
    let elements: [Int]
    /// What the test says without each one of them; nil where it was not tried.
    let without: [Outcome?]
  }

  private var known: [[Int]: Outcome]

  /// A search; `known` are the outcomes of sets that were tested before.
  init(known: [[Int]: Outcome]) { self.known = known }

  /// The elements of `0..<count`, all of which must hold, that are left in the end; `test` is nil once
  /// no more tests are allowed. Throws what the test throws.
  mutating func minimize(
    count: Int, test: ([Int]) throws -> Outcome?
  ) throws -> Result {
    var kept = Array(0..<count)
    var size = 1
    while size < count {
      guard let outcome = try outcome(of: Array(0..<size), test) else { return result(kept) }
      if outcome == .holds {
        kept = Array(0..<size)
        break
      }
      size *= 2
    }
    var parts = 2
    while kept.count > 1 {
      parts = min(parts, kept.count)
      var reduced: [Int]?
      for part in (0..<parts).reversed() {
        let (start, end) = (part * kept.count / parts, (part + 1) * kept.count / parts)
        let rest = Array(kept[..<start] + kept[end...])
        guard let outcome = try outcome(of: rest, test) else { return result(kept) }
        if outcome == .holds {
          reduced = rest
          break
        }
      }
      if let reduced {
        kept = reduced
        parts = max(parts - 1, 2)
      } else if parts < kept.count {
        parts *= 2
      } else {
        break
      }
    }
    return result(kept)
  }

  private func result(_ kept: [Int]) -> Result {
    Result(
      elements: kept,
      without: kept.map { element in known[kept.filter { $0 != element }] })
  }

  private mutating func outcome(
    of elements: [Int], _ test: ([Int]) throws -> Outcome?
  ) throws -> Outcome? {
    if let outcome = known[elements] { return outcome }
    let outcome = try test(elements)
    known[elements] = outcome
    return outcome
  }
}
