/// The version of a report's format.
struct StoredFormat: Decodable {
  let format: Int
}

/// The keys of a report on a clip, or of a roll-up, that ratchets look at.
struct StoredReport: Decodable {
  struct Side: Decodable {
    let fingerprint: String
    let precision: String
  }

  struct Clip: Decodable, CustomStringConvertible {
    let name: String
    let frames: Int
    let width: Int
    let height: Int
    let objects: Int

    var description: String {
      "\(name), \(frames) frames of \(width)x\(height), "
        + Numbers.count(objects, "object")
    }
  }

  struct Gate: Decodable {
    let gate: String
    let verdict: Verdict
  }

  struct IoU: Decodable {
    let minimum: Double
    let teacherForced: Double
    let freeRunning: Double
  }

  struct Boundary: Decodable {
    let teacherForced: Double
    let freeRunning: Double
  }

  struct Agreement: Decodable {
    let region: Double
    let boundary: Double
  }

  struct Truth: Decodable {
    let teacherForced: Agreement
    let freeRunning: Agreement
  }

  struct Logits: Decodable {
    let sqnr: Double
  }

  /// How masks agree.
  struct Masks: Decodable {
    let iou: IoU
    let boundary: Boundary
    let truth: Truth?
  }

  /// A number, or the worst of several with its place.
  struct Level: Decodable {
    let value: Double

    private enum CodingKeys: CodingKey { case value }

    init(from decoder: any Decoder) throws {
      if let container = try? decoder.container(keyedBy: CodingKeys.self) {
        value = try container.decode(Double.self, forKey: .value)
      } else {
        value = try decoder.singleValueContainer().decode(Double.self)
      }
    }
  }

  struct Layer: Decodable {
    let name: String
    let program: String
    let verdict: Verdict
    let contributionSqnr: Level
    let isolatedSqnr: Level
    let sqnr: Level
  }

  /// A clip of a roll-up.
  struct Member: Decodable {
    let clip: Clip
    let logitsSqnr: Double
    let masks: Masks

    private enum CodingKeys: CodingKey { case clip, logitsSqnr }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      clip = try container.decode(Clip.self, forKey: .clip)
      logitsSqnr = try container.decode(Double.self, forKey: .logitsSqnr)
      masks = try Masks(from: decoder)
    }
  }

  let reference: Side
  let candidate: Side
  let clip: Clip?
  let verdict: Verdict
  let arithmetic: String
  let topK: Int?
  let gates: [Gate]
  /// Those of a roll-up are not there where no clip was compared.
  let masks: Masks?
  let logits: Logits?
  let layers: [Layer]
  let clips: [Member]?

  private enum CodingKeys: CodingKey {
    case reference, candidate, clip, verdict, arithmetic, topK, gates, logits, layers, clips
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    reference = try container.decode(Side.self, forKey: .reference)
    candidate = try container.decode(Side.self, forKey: .candidate)
    verdict = try container.decode(Verdict.self, forKey: .verdict)
    arithmetic = try container.decode(String.self, forKey: .arithmetic)
    topK = try container.decodeIfPresent(Int.self, forKey: .topK)
    gates = try container.decode([Gate].self, forKey: .gates)
    layers = try container.decode([Layer].self, forKey: .layers)
    clips = try container.decodeIfPresent([Member].self, forKey: .clips)
    let isRollUp = clips != nil
    masks = clips?.isEmpty == true ? nil : try Masks(from: decoder)
    clip = isRollUp ? nil : try container.decode(Clip.self, forKey: .clip)
    logits = isRollUp ? nil : try container.decode(Logits.self, forKey: .logits)
  }
}

extension DecodingError {
  /// What was found instead of what was expected, for messages.
  var reason: String {
    func place(_ path: [any CodingKey], _ key: String? = nil) -> String {
      let parts = path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
      return String((parts.joined() + (key.map { ".\($0)" } ?? "")).drop { $0 == "." })
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "no key '\(place(context.codingPath, key.stringValue))'"
    case .valueNotFound(_, let context): return "null at '\(place(context.codingPath))'"
    case .typeMismatch(_, let context) where context.codingPath.isEmpty:
      return "JSON that is no object"
    case .typeMismatch(_, let context):
      return "another type at '\(place(context.codingPath))'"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "another value at '\(place(context.codingPath))'"
    default: return "something that is not JSON"
    }
  }
}
