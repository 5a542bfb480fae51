/// Puts rows that differ in numbers only on one line: `res4.{0...5}.conv1.weight`.
enum RepeatedRows {
  /// One row for all rows that are equal but for numbers, where the first of them stands.
  ///
  /// In the first cell, a name, numbers count that fill a component (`res4.0.conv1`, not `res4`);
  /// in the others all do. What follows the last dot of the first two cells may differ too, as in
  /// `conv1.{weight,bias}`.
  static func collapsed(_ rows: [[String]]) -> [[String]] {
    var groups: [[[Part]]: [[[Part]]]] = [:]
    var fields: [[[Part]]: [[String]]] = [:]
    var order: [[[Part]]] = []
    for row in rows {
      var cells: [[Part]] = []
      for (column, cell) in row.enumerated() {
        let text = column < 2 ? split(cell).stem : Substring(cell)
        cells.append(parts(text, onlyComponents: column == 0))
      }
      let shape = cells.map { cell in cell.map { $0.number == nil ? $0 : Part(number: 0) } }
      if groups[shape] == nil { order.append(shape) }
      groups[shape, default: []].append(cells)
      for (column, cell) in row.prefix(2).enumerated() {
        let field = String(split(cell).field)
        if fields[shape] == nil { fields[shape] = [[], []] }
        if fields[shape]?[column].contains(field) == false { fields[shape]?[column].append(field) }
      }
    }
    return order.map { shape in
      let members = groups[shape] ?? []
      return shape.indices.map { column in
        let stem = shape[column].indices.map { place in
          text(members.map { $0[column][place] })
        }.joined()
        return stem + (column < 2 ? alternatives(fields[shape]?[column] ?? []) : "")
      }
    }
  }

  /// A name up to its last dot, and the field behind it, where that is a word.
  private static func split(_ cell: String) -> (stem: Substring, field: Substring) {
    guard let dot = cell.lastIndex(of: "."),
      cell[cell.index(after: dot)...].allSatisfy({ $0.isLetter || $0 == "_" })
    else { return (cell[...], "") }
    return (cell[...dot], cell[cell.index(after: dot)...])
  }

  private static func alternatives(_ texts: [String]) -> String {
    texts.count == 1 ? texts[0] : "{\(texts.joined(separator: ","))}"
  }

  private struct Part: Hashable {
    var text = ""
    var number: Int?

    init(text: String) { self.text = text }
    init(number: Int) { self.number = number }
  }

  private static func parts(_ cell: Substring, onlyComponents: Bool) -> [Part] {
    var parts: [Part] = []
    var rest = cell
    let components = /\.([0-9]{1,9})(?=\.|$)/
    let numbers = /(?:)([0-9]{1,9})/
    while let match = rest.firstMatch(of: onlyComponents ? components : numbers) {
      parts.append(Part(text: String(rest[..<match.output.1.startIndex])))
      parts.append(Part(number: Int(match.output.1) ?? 0))
      rest = rest[match.range.upperBound...]
    }
    return parts + [Part(text: String(rest))]
  }

  private static func text(_ parts: [Part]) -> String {
    let numbers = Set(parts.compactMap(\.number)).sorted()
    guard let first = numbers.first, let last = numbers.last else { return parts[0].text }
    guard numbers.count > 1 else { return "\(first)" }
    let step = numbers[1] - first
    let isEven = zip(numbers, numbers.dropFirst()).allSatisfy { $1 - $0 == step }
    if isEven, step == 1 { return "{\(first)...\(last)}" }
    if numbers.count <= 4 { return alternatives(numbers.map(String.init)) }
    return "{\(first),\(numbers[1])...\(last)}"
  }
}
