import Foundation

/// What one step of a training measured.
public struct StepMetrics: Sendable, Hashable, Codable {
  /// The number of the step, from 1: how many steps are done with it.
  public let step: Int
  /// The loss of the batch, before the step.
  public let loss: Double
  /// What the loss is a weighted sum of, by name.
  public let parts: [String: Double]
  /// The learning rate.
  public let learningRate: Double
  /// The norm of all gradients together, before clipping.
  public let gradientNorm: Double

  /// The measurements of a step.
  public init(
    step: Int, loss: Double, parts: [String: Double], learningRate: Double, gradientNorm: Double
  ) {
    self.step = step
    self.loss = loss
    self.parts = parts
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
  }
}

/// What a validation between two steps measured.
public struct ValidationMetrics: Sendable, Hashable, Codable {
  /// How many steps were done.
  public let step: Int
  /// Region similarity J, the mean over the objects of all clips.
  public let region: Double
  /// Contour accuracy F, likewise.
  public let boundary: Double
  /// The mean of both.
  public let overall: Double

  /// The means of a validation after `step` steps.
  public init(step: Int, region: Double, boundary: Double) {
    self.step = step
    self.region = region
    self.boundary = boundary
    overall = (region + boundary) / 2
  }
}

/// A line of the log of a training: a JSON object (`Schemas/training-metrics.schema.json`).
///
/// Numbers that are not finite are the texts `Infinity`, `-Infinity` and `NaN`.
public enum MetricsLine: Sendable, Hashable, Codable {
  /// A step.
  case step(StepMetrics)
  /// A validation.
  case validation(ValidationMetrics)

  private enum Event: String, Codable { case step, validation }

  private enum CodingKeys: String, CodingKey { case event }

  /// How many steps were done.
  public var step: Int {
    switch self {
    case .step(let metrics): metrics.step
    case .validation(let metrics): metrics.step
    }
  }

  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Event.self, forKey: .event) {
    case .step: self = .step(try StepMetrics(from: decoder))
    case .validation: self = .validation(try ValidationMetrics(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .step(let metrics):
      try container.encode(Event.step, forKey: .event)
      try metrics.encode(to: encoder)
    case .validation(let metrics):
      try container.encode(Event.validation, forKey: .event)
      try metrics.encode(to: encoder)
    }
  }

  /// The line, with its end; the same metrics always give the same bytes. Throws what encoding
  /// throws.
  var bytes: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// The metrics of a line without its end, which must be JSON within limits. Throws `DecodingError`.
  init(decoding line: [UInt8]) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    self = try decoder.decode(Self.self, from: Data(line))
  }
}
