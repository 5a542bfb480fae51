import Foundation

/// Numbers as reports show them: fixed notation, independent of the locale.
enum Numbers {
  /// No decimals, as in `2449874`.
  static func whole(_ value: Double) -> String { String(format: "%.0f", value) }

  /// Three significant digits and an exponent, as in `8.94e-07`.
  static func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

  /// Four significant digits, as in `0.9987`, `1500` or `8.941e-07`.
  static func significant(_ value: Double) -> String { String(format: "%.4g", value) }

  /// One decimal, as in `43.1`, or `inf`.
  static func decibels(_ value: Double) -> String { String(format: "%.1f", value) }

  /// Four decimals, as in `0.9987`.
  static func ratio(_ value: Double) -> String { String(format: "%.4f", value) }

  /// Six decimals, as in `0.999998`.
  static func cosine(_ value: Double) -> String { String(format: "%.6f", value) }
}
