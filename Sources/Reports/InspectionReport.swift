import Tensors
public import WeightFiles

/// The tensors of a file as text and as JSON (`Schemas/inspection-report.schema.json`).
public struct InspectionReport: JSONReport {
  struct TensorLine: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    let statistics: Statistics
  }

  struct Statistics: Encodable {
    let minimum: OrNull<Double>
    let maximum: OrNull<Double>
    let mean: OrNull<Double>
    let standardDeviation: OrNull<Double>
    let zeros: Int
    let nonFinite: Int
    let firstNonFinite: OrNull<Int>

    init(_ found: TensorStatistics) {
      func finite(_ value: Double) -> OrNull<Double> { OrNull(found.finiteCount > 0 ? value : nil) }
      minimum = finite(found.minimum)
      maximum = finite(found.maximum)
      mean = finite(found.mean)
      standardDeviation = finite(found.standardDeviation)
      zeros = found.zeroCount
      nonFinite = found.nonFinite?.count ?? 0
      firstNonFinite = OrNull(found.nonFinite?.firstIndex)
    }
  }

  struct InputLine: Encodable {
    let name: String
    let shape: OrNull<[Int?]>

    var text: String {
      let extents = shape.value.map { $0.map { $0.map(String.init) ?? "?" } }
      return "\(name) [\(extents?.joined(separator: ", ") ?? "...")]"
    }
  }

  let format: String
  let inputs: [InputLine]
  let tensors: [TensorLine]
  let unreadable: [String]
  let metadata: [String: String]

  private let groups: [TensorGroup]

  enum CodingKeys: CodingKey {
    case format, inputs, tensors, unreadable, metadata
  }

  /// A report of `source`; every element is looked at.
  ///
  /// Throws what reading a tensor throws.
  public init(_ source: WeightSource) throws {
    let archive = source.weights
    let statistics = try archive.entries.map { TensorStatistics(of: try $0.tensor()) }
    format = source.format.rawValue
    inputs = source.inputs.map { InputLine(name: $0.name, shape: OrNull($0.shape)) }
    tensors = zip(archive.entries, statistics).map { entry, statistics in
      TensorLine(
        name: entry.name, type: entry.elementType.rawValue, shape: entry.shape.dimensions,
        statistics: Statistics(statistics))
    }
    groups = TensorGroup.groups(archive.entries, statistics)
    unreadable = archive.unreadable.keys.sorted()
    metadata = archive.metadata
  }

  /// The report for a terminal: tensors of one type and shape whose names differ in one number
  /// share a line, then everything that calls for attention.
  public var text: String {
    let table = Table(
      titles: [
        "tensor", "type", "shape", "minimum", "maximum", "mean", "deviation", "zeros",
      ],
      textColumns: 3, rows: groups.map(\.row))
    let notFinite = tensors.compactMap { tensor in
      tensor.statistics.firstNonFinite.value.map { index in
        "not finite: \(tensor.name): \(tensor.statistics.nonFinite) elements, "
          + "the first at index \(index)\n"
      }
    }
    // Exact up to 2^53; a stranger's shapes may claim more than an integer holds.
    let elements = tensors.map { $0.shape.map(Double.init).reduce(1, *) }.reduce(0, +)
    let remarks = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
    return """
      \(table.text)\(notFinite.joined())\(unreadable.map { "unreadable: \($0)\n" }.joined())
      \(tensors.count) tensors with \(Numbers.whole(elements)) elements, format \(format)
      \(inputs.isEmpty ? "" : "inputs: \(inputs.map(\.text).joined(separator: ", "))\n")\(remarks)
      """
  }
}
