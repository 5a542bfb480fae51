import Verification

/// How far a layer is off: the keys and the columns that reports on layers share.
struct LayerErrors: Encodable {
  let maximumError: Double
  let meanError: Double
  let relativeError: Double
  let sqnr: Double
  let cosine: Double
  let tolerance: Double
  let verdict: Verdict

  init(_ metrics: ErrorMetrics, tolerance: Double, passes: Bool) {
    maximumError = metrics.maximumError
    meanError = metrics.meanError
    relativeError = metrics.relativeMaximumError
    sqnr = metrics.sqnr
    cosine = metrics.cosine
    self.tolerance = tolerance
    verdict = Verdict(passes)
  }

  /// The titles of ``columns``.
  static let titles = ["verdict", "max error", "relative", "tolerance", "SQNR dB", "cosine"]

  /// The errors as text.
  var columns: [String] {
    [
      verdict.rawValue, Numbers.scientific(maximumError), Numbers.scientific(relativeError),
      Numbers.scientific(tolerance), Numbers.decibels(sqnr), Numbers.cosine(cosine),
    ]
  }
}

/// A layer of a report, with its errors.
protocol ReportedLayer {
  var errors: LayerErrors { get }
}

extension Array where Element: ReportedLayer {
  /// The `count` layers that come closest to their tolerance or exceed it the most.
  func worst(_ count: Int) -> ArraySlice<Element> {
    func excess(_ errors: LayerErrors) -> Double { errors.relativeError / errors.tolerance }
    return sorted { excess($0.errors) > excess($1.errors) }.prefix(count)
  }

  /// The tolerance that would have passed every layer, as a line; nil where each passes.
  var passingTolerance: String? {
    let failed = filter { $0.errors.verdict == .fail }
    guard let largest = failed.map(\.errors.relativeError).max(), largest.isFinite else {
      return nil
    }
    return "a tolerance of \(Numbers.scientific(largest * 1.01)) would have passed every layer "
      + "compared"
  }
}
