import Foundation
import STMModel
import Testing

/// A case of `Fixtures/exporters/cases.json`; `make.py` beside it says what the fields mean.
struct ExporterCase: Decodable, Sendable, CustomTestStringConvertible {
  enum Outcome: String, Decodable {
    case exact, folded, rounded, refused, backbone
  }

  let name: String
  let files: [String]
  let outcome: Outcome
  let absent: [String]?
  let arrivesFolded: [String]?
  let tolerance: Float?
  let tolerances: [String: Float]?
  let differs: String?
  let residual: ResidualSkip?
  let word: String?

  var testDescription: String { name }

  /// Every case.
  static func all() throws -> [ExporterCase] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let text = try Data(contentsOf: URL(filePath: try Export.path("cases.json")))
    return try decoder.decode([ExporterCase].self, from: text)
  }
}
