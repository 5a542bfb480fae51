import TextTable

/// A table for the terminal: the first columns to the left, numbers to the right.
struct Table {
  /// The titles of the columns.
  let titles: [String]
  /// How many columns, from the first, are text.
  let textColumns: Int
  /// The cells, row by row.
  let rows: [[String]]

  /// The table with a line under the titles.
  var text: String {
    let table = TextTable<[String]> { row in
      zip(titles, row).enumerated().map { index, cell in
        Column(title: cell.0, value: cell.1, align: index < textColumns ? .left : .right)
      }
    }
    return table.string(for: rows) ?? ""
  }
}
