/// Rows of cells as RFC 4180 writes them, but for lines that end in a newline alone.
struct CSV {
  private(set) var text: String

  /// A table with these titles.
  init(_ titles: [String]) { text = Self.line(titles) }

  /// Adds a row.
  mutating func add(_ cells: [String]) { text += Self.line(cells) }

  private static func line(_ cells: [String]) -> String {
    cells.map(quoted).joined(separator: ",") + "\n"
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else {
      return cell
    }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}

extension Double {
  /// The shortest number that reads back the same; `Infinity`, `-Infinity` or `NaN` as in JSON.
  var exact: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
    return self == rounded() && abs(self) < 1e15 ? "\(Int64(self))" : "\(self)"
  }
}
