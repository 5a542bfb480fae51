import Foundation

/// What gates can ask of a layer, by the name that expressions use.
public enum LayerMetric: String, Sendable, Codable, CaseIterable {
  /// ``ErrorMetrics/sqnr``.
  case sqnr
  /// ``ErrorMetrics/psnr``.
  case psnr
  /// ``LayerMetrics/worstChannelSQNR``.
  case channelSQNR = "channel_sqnr"
  /// ``ErrorMetrics/cosine``.
  case cosine
  /// ``ErrorMetrics/maximumError``.
  case maximumError = "max_error"
  /// ``ErrorMetrics/meanError``.
  case meanError = "mean_error"
  /// ``ErrorMetrics/rootMeanSquareError``.
  case rootMeanSquareError = "rmse"
  /// ``ErrorMetrics/relativeMaximumError``.
  case relativeError = "relative_error"
  /// ``ErrorDistribution/outlierShare``.
  case outliers
  /// ``ErrorDistribution/saturatedShare``.
  case saturated
  /// ``ErrorMetrics/nonFiniteCount``.
  case nonFinite = "non_finite"

  /// The metric of `layer`.
  func value(of layer: LayerMetrics) -> Double {
    switch self {
    case .sqnr: layer.total.sqnr
    case .psnr: layer.total.psnr
    case .channelSQNR: layer.worstChannelSQNR
    case .cosine: layer.total.cosine
    case .maximumError: layer.total.maximumError
    case .meanError: layer.total.meanError
    case .rootMeanSquareError: layer.total.rootMeanSquareError
    case .relativeError: layer.total.relativeMaximumError
    case .outliers: layer.distribution.outlierShare
    case .saturated: layer.distribution.saturatedShare
    case .nonFinite: Double(layer.total.nonFiniteCount)
    }
  }

  var unit: GateUnit {
    switch self {
    case .sqnr, .psnr, .channelSQNR: .decibels
    case .outliers, .saturated: .share
    case .cosine: .ratio
    case .maximumError, .meanError, .rootMeanSquareError, .relativeError, .nonFinite: .magnitude
    }
  }
}

/// In which of its runs a layer is measured.
public enum LayerRun: String, Sendable, Codable, CaseIterable {
  /// Given the reference's values: the error that the layer adds itself.
  case isolated
  /// On what the layers before it made.
  case accumulated
}

/// What gates can ask of masks, by the name that expressions use.
public enum MaskMetric: String, Sendable, Codable, CaseIterable {
  /// IoU with the reference's mask.
  case iou
  /// Contour accuracy F with the reference's mask.
  case boundary
  /// The share of the frame's pixels that changed.
  case changed
  /// Region similarity J with the ground truth.
  case j
  /// Contour accuracy F with the ground truth.
  case f

  /// Whether it is measured beside the ground truth.
  var needsTruth: Bool { self == .j || self == .f }

  /// Whether larger numbers are better.
  var isAgreement: Bool { self != .changed }

  var unit: GateUnit { .share }
}

/// Which masks the candidate memorizes.
public enum MaskRun: String, Sendable, Codable, CaseIterable {
  /// Teacher-forced: the reference's.
  case forced
  /// Free-running: its own.
  case free

  /// What reports call it.
  public var title: String { self == .forced ? "teacher-forced" : "free-running" }
}

/// How frames and objects are summed up.
public enum MaskSummary: String, Sendable, Codable, CaseIterable {
  /// The mean over frames and objects.
  case mean
  /// The smallest.
  case min
  /// The largest.
  case max
  /// The smallest of what should be large, the largest of what should be small.
  case worst
}

/// What the numbers of a metric are.
enum GateUnit {
  /// Decibels, two digits behind the point.
  case decibels
  /// A part of a whole, which may be written in percent; four digits behind the point.
  case share
  /// Six digits behind the point.
  case ratio
  /// Anything from 0 on, three significant digits.
  case magnitude

  /// The factor that a unit in an expression stands for; nil where it does not fit.
  func factor(_ unit: String) -> Double? {
    switch (self, unit) {
    case (_, ""), (.decibels, "dB"): 1
    case (.share, "%"): 0.01
    default: nil
    }
  }

  /// The numbers that there can be, and so all that gates can ask for.
  var range: ClosedRange<Double> {
    switch self {
    case .decibels: -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    case .share: 0...1
    case .ratio: -1...1
    case .magnitude: 0...Double.greatestFiniteMagnitude
    }
  }

  /// The range in words.
  var rangeText: String {
    switch self {
    case .decibels: "a finite number"
    case .share: "0 to 1, or a percentage"
    case .ratio: "-1 to 1"
    case .magnitude: "at least 0"
    }
  }

  /// The units that expressions may use.
  var names: [String] {
    switch self {
    case .decibels: ["dB"]
    case .share: ["%"]
    case .ratio, .magnitude: []
    }
  }

  /// The distance between numbers with the digits that are shown, near `value`.
  func step(of value: Double) -> Double {
    switch self {
    case .decibels: 0.01
    case .share: 0.0001
    case .ratio: 0.000001
    case .magnitude: value == 0 ? 1e-12 : pow(10, log10(abs(value)).rounded(.down) - 2)
    }
  }

  /// The next number with the digits that are shown.
  func rounded(_ value: Double, up: Bool) -> Double {
    let step = step(of: value)
    let places = max(0, Int(-log10(step).rounded()))
    let whole = (value / step).rounded(up ? .up : .down)
    return Double(String(format: "%.\(places)f", whole * step)) ?? whole * step
  }

  /// `value` as expressions write it.
  func text(_ value: Double) -> String {
    let digits = value == value.rounded() && abs(value) < 1e15 ? "%.0f" : nil
    let number = digits.map { String(format: $0, value) } ?? "\(value)"
    return self == .decibels ? "\(number) dB" : number
  }
}
