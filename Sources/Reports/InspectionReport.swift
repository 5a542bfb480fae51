public import Tensors

/// The tensors of a file as text and as JSON (`Schemas/inspection-report.schema.json`).
public struct InspectionReport: JSONReport {
  struct TensorLine: Encodable {
    let name: String
    let type: String
    let shape: [Int]
  }

  let format: String
  let tensors: [TensorLine]
  let unreadable: [String]
  let metadata: [String: String]

  /// A report of `archive`, which was read from a file of `format`.
  public init(_ archive: TensorArchive, format: String) {
    self.format = format
    tensors = archive.entries.map {
      TensorLine(name: $0.name, type: $0.elementType.rawValue, shape: $0.shape.dimensions)
    }
    unreadable = archive.unreadable.keys.sorted()
    metadata = archive.metadata
  }

  /// The report for a terminal.
  public var text: String {
    let table = Table(
      titles: ["tensor", "type", "shape"], textColumns: 3,
      rows: tensors.map { [$0.name, $0.type, "\($0.shape)"] })
    // Exact up to 2^53; a stranger's shapes may claim more than an integer holds.
    let elements = tensors.map { $0.shape.map(Double.init).reduce(1, *) }.reduce(0, +)
    let remarks = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
    return """
      \(table.text)\(unreadable.map { "unreadable: \($0)\n" }.joined())
      \(tensors.count) tensors with \(Numbers.whole(elements)) elements, format \(format)
      \(remarks)
      """
  }
}
