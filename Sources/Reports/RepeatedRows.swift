/// Puts rows that differ in numbers only on one line: `res4.{0...5}.conv1.weight`.
enum RepeatedRows {
  /// One row for all rows that are equal but for the numbers in them, where the first shows up.
  ///
  /// Numbers count that fill a component of a name (`res4.0.conv1`, not `res4`) or follow a `#`.
  static func collapsed(_ rows: [[String]]) -> [[String]] {
    var groups: [[[Part]]: [[[Part]]]] = [:]
    var order: [[[Part]]] = []
    for row in rows.map({ $0.map(parts) }) {
      let shape = row.map { cell in cell.map { $0.number == nil ? $0 : Part(number: 0) } }
      if groups[shape] == nil { order.append(shape) }
      groups[shape, default: []].append(row)
    }
    return order.map { shape in
      let members = groups[shape] ?? []
      return shape.indices.map { column in
        shape[column].indices.map { place in
          text(members.map { $0[column][place] })
        }.joined()
      }
    }
  }

  private struct Part: Hashable {
    var text = ""
    var number: Int?

    init(text: String) { self.text = text }
    init(number: Int) { self.number = number }
  }

  private static func parts(_ cell: String) -> [Part] {
    var parts: [Part] = []
    var rest = Substring(cell)
    while let match = rest.firstMatch(of: /([.#])([0-9]{1,9})(?=[. :,)]|$)/) {
      parts.append(Part(text: String(rest[..<match.output.1.endIndex])))
      parts.append(Part(number: Int(match.output.2) ?? 0))
      rest = rest[match.range.upperBound...]
    }
    return parts + [Part(text: String(rest))]
  }

  private static func text(_ parts: [Part]) -> String {
    let numbers = Set(parts.compactMap(\.number)).sorted()
    guard let first = numbers.first, let last = numbers.last else { return parts[0].text }
    if numbers.count == 1 { return "\(first)" }
    return last - first == numbers.count - 1
      ? "{\(first)...\(last)}" : "{\(numbers.map(String.init).joined(separator: ","))}"
  }
}
