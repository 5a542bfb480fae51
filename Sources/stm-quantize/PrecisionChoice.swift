import ArgumentParser
import Quantization

/// One precision for every layer but exceptions, or a plan that is searched for.
enum PrecisionChoice: ExpressibleByArgument, Equatable {
  /// One.
  case uniform(Precision)
  /// Each layer's own.
  case mixed

  /// Parses a precision or `mixed`.
  init?(argument: String) {
    if argument == PrecisionPlan.mixed {
      self = .mixed
    } else if let precision = Precision(rawValue: argument) {
      self = .uniform(precision)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] {
    Precision.allCases.map(\.rawValue) + [PrecisionPlan.mixed]
  }

  /// The name of the choice.
  var name: String {
    switch self {
    case .uniform(let precision): precision.rawValue
    case .mixed: PrecisionPlan.mixed
    }
  }

  /// The precision; nil: it is searched for.
  var precision: Precision? { if case .uniform(let precision) = self { precision } else { nil } }
}
