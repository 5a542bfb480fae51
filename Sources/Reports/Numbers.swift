import Foundation

/// Numbers as reports show them: fixed notation, independent of the locale.
public enum Numbers {
  /// No decimals, as in `2449874`.
  public static func whole(_ value: Double) -> String { String(format: "%.0f", value) }

  /// Three significant digits and an exponent, as in `8.94e-07`.
  public static func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

  /// Four significant digits, as in `0.9987`, `1500` or `8.941e-07`.
  public static func significant(_ value: Double) -> String { String(format: "%.4g", value) }

  /// One decimal, as in `43.1`, or `inf`.
  public static func decibels(_ value: Double) -> String { String(format: "%.1f", value) }

  /// One decimal, rounded down: a tolerance in dB that `value` reaches, as in `10.5` for 10.599.
  public static func passingDecibels(_ value: Double) -> String {
    let tenths = (value * 10).rounded(.down)
    return decibels((tenths / 10 > value ? tenths - 1 : tenths) / 10)
  }

  /// Four decimals, as in `0.9987`.
  public static func ratio(_ value: Double) -> String { String(format: "%.4f", value) }

  /// How many of what `noun` names, as in `1 object` or `2 objects`.
  public static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// Six decimals, as in `0.999998`.
  public static func cosine(_ value: Double) -> String { String(format: "%.6f", value) }
}
