/// Why tensors of an export are believed to be parameters of the network, counted by kind, as an import
/// notes it in the file that it writes: `assumed 2, topology 280`.
struct MappingEvidence {
  private let counts: [(kind: String, count: Int)]

  /// The counts that a file notes; nil where they cannot be read.
  init?(_ note: String) {
    var counts: [(kind: String, count: Int)] = []
    for part in note.split(separator: ",") {
      let words = part.split(separator: " ")
      guard words.count == 2, let count = Int(words[1]) else { return nil }
      counts.append((String(words[0]), count))
    }
    guard !counts.isEmpty else { return nil }
    self.counts = counts.sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
  }

  /// All of it in a sentence, the most frequent kind first.
  var sentence: String {
    let total = counts.map(\.count).reduce(0, +)
    return "Mapping of \(total.of("parameter")): "
      + counts.map { "\($0.count.grouped) \(Self.words(for: $0))" }.joined(separator: ", ")
      + "."
  }

  private static func words(for part: (kind: String, count: Int)) -> String {
    let (its, leaves) = part.count == 1 ? ("its", "it") : ("their", "them")
    return switch part.kind {
    case "rule": "by a rule of the user’s"
    case "name": "by \(its) published name\(part.count == 1 ? "" : "s")"
    case "convention": "by a known naming convention"
    case "prefix": "by the only module that fits under an unknown prefix"
    case "topology": "by \(its) place in the export’s graph"
    case "assumed": "assumed, since the export leaves \(leaves) out"
    default: "by \(part.kind)"
    }
  }
}
