import Tensors

/// Tensors of one type and shape whose names differ in one number at most, as one line of a table.
struct TensorGroup {
  private let before: String
  private let after: String
  private var numbers: [Int]
  private let type: String
  private let shape: String
  private var statistics: TensorStatistics

  private struct Key: Hashable {
    let before: String
    let after: String
    let type: String
    let shape: String
  }

  /// The groups of `entries`, each where its first tensor stands.
  static func groups(
    _ entries: [TensorArchive.Entry], _ statistics: [TensorStatistics]
  ) -> [TensorGroup] {
    var groups: [TensorGroup] = []
    var indices: [Key: Int] = [:]
    for (entry, statistics) in zip(entries, statistics) {
      let group = TensorGroup(entry, statistics)
      let key = Key(
        before: group.before, after: group.after, type: group.type, shape: group.shape)
      if !group.numbers.isEmpty, let index = indices[key] {
        groups[index].numbers += group.numbers
        groups[index].statistics.include(statistics)
      } else {
        if !group.numbers.isEmpty { indices[key] = groups.count }
        groups.append(group)
      }
    }
    return groups
  }

  /// A group of one tensor; the number is the first part of its name that is nothing else.
  private init(_ entry: TensorArchive.Entry, _ statistics: TensorStatistics) {
    let parts = entry.name.split(separator: ".", omittingEmptySubsequences: false)
    let index = parts.firstIndex { part in Int(part).map { "\($0)" == part } ?? false }
    before = (index.map { parts[..<$0] } ?? parts[...]).joined(separator: ".")
    after = index.map { parts[($0 + 1)...].joined(separator: ".") } ?? ""
    numbers = index.flatMap { Int(parts[$0]) }.map { [$0] } ?? []
    type = entry.elementType.rawValue
    shape = entry.shape.description
    self.statistics = statistics
  }

  /// The name, as in `Encoder_M.res4.{0...5}.conv1.weight`.
  private var name: String {
    guard let only = numbers.first else { return before }
    let number = numbers.count == 1 ? "\(only)" : "{\(ranges)}"
    return (before.isEmpty ? "" : "\(before).") + number + (after.isEmpty ? "" : ".\(after)")
  }

  /// The numbers, as in `0...2, 5`.
  private var ranges: String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0)" }.joined(separator: ", ")
  }

  /// The cells of the line.
  var row: [String] {
    func number(_ value: Double) -> String {
      statistics.finiteCount == 0 ? "-" : Numbers.significant(value)
    }
    return [
      name, type, shape, number(statistics.minimum), number(statistics.maximum),
      number(statistics.mean), number(statistics.standardDeviation), "\(statistics.zeroCount)",
    ]
  }
}
