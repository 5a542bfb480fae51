import Verification

/// A layer's errors in a table, one row a layer.
protocol LayerColumns {
  var maximumError: Double { get }
  var relativeError: Double { get }
  var sqnr: Double { get }
  var cosine: Double { get }
  var tolerance: Double { get }
  var verdict: Verdict { get }
}

extension LayerColumns {
  /// The titles of ``columns``.
  static var titles: [String] {
    ["verdict", "max error", "relative", "tolerance", "SQNR dB", "cosine"]
  }

  /// The errors as text.
  var columns: [String] {
    [
      verdict.rawValue, Numbers.scientific(maximumError), Numbers.scientific(relativeError),
      Numbers.scientific(tolerance), Numbers.decibels(sqnr), Numbers.cosine(cosine),
    ]
  }
}

extension Array where Element: LayerColumns {
  /// The `count` layers that come closest to their tolerance or exceed it the most.
  func worst(_ count: Int) -> ArraySlice<Element> {
    sorted { $0.relativeError / $0.tolerance > $1.relativeError / $1.tolerance }.prefix(count)
  }

  /// The tolerance that would have passed every layer, as a line; nil where each passes.
  var passingTolerance: String? {
    guard let largest = filter({ $0.verdict == .fail }).map(\.relativeError).max(),
      largest.isFinite
    else { return nil }
    return "a tolerance of \(Numbers.scientific(largest * 1.01)) would have passed every layer "
      + "compared"
  }
}
