/// How alike two names are, for suggestions.
public enum NameSimilarity {
  /// Up to `count` of `candidates` that are most like `name`, the most similar first, and at least
  /// `least` of 1.
  public static func nearest(
    to name: String, among candidates: [String], count: Int = 1, least: Double = 0.7
  ) -> [String] {
    let scored = candidates.map { (name: $0, score: ratio(name, $0)) }
      .filter { $0.score >= least }
    return scored.sorted { ($1.score, $0.name) < ($0.score, $1.name) }.prefix(count).map(\.name)
  }

  /// 1 for equal names, 0 for names that have nothing in common: one less the edit distance
  /// (Levenshtein) over the length of the longer one.
  static func ratio(_ first: String, _ second: String) -> Double {
    let (a, b) = (Array(first.utf8), Array(second.utf8))
    guard !a.isEmpty, !b.isEmpty else { return a.count == b.count ? 1 : 0 }
    var previous = Array(0...b.count)
    for (row, left) in a.enumerated() {
      var current = [row + 1]
      for (column, right) in b.enumerated() {
        let replaced = previous[column] + (left == right ? 0 : 1)
        current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return 1 - Double(previous[b.count]) / Double(max(a.count, b.count))
  }
}
