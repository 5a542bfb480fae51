import Foundation
import Reports

/// A number on the page that is also in the JSON report.
///
/// On the page it is a `data` element whose value has every digit and whose `data-json` is the
/// number's place in the report, a JSON pointer (RFC 6901).
struct Figure {
  /// The number.
  let value: Double
  /// Its place in the report.
  let pointer: String
  /// What is shown.
  let text: String

  /// A number shown as `text`.
  init(_ value: Double, at pointer: String, _ text: String) {
    (self.value, self.pointer, self.text) = (value, pointer, text)
  }

  /// A whole number.
  init(_ value: Int, at pointer: String) {
    self.init(Double(value), at: pointer, "\(value)")
  }

  /// A ratio in decibels.
  static func decibels(_ value: Double, at pointer: String) -> Figure {
    Figure(value, at: pointer, value.decibels)
  }

  /// A tolerance that passes, in decibels, rounded down.
  static func passing(_ value: Double, at pointer: String) -> Figure {
    Figure(value, at: pointer, value.decibels(Numbers.passingDecibels))
  }

  /// A share of 1, with four digits.
  static func share(_ value: Double, at pointer: String) -> Figure {
    Figure(value, at: pointer, Numbers.ratio(value))
  }

  /// A share as percent.
  static func percent(_ value: Double, at pointer: String) -> Figure {
    Figure(value, at: pointer, value.percent)
  }

  /// A number of any size, with four significant digits.
  static func magnitude(_ value: Double, at pointer: String) -> Figure {
    Figure(value, at: pointer, value.isFinite ? Numbers.significant(value) : value.decibels)
  }

  /// The element.
  var markup: Markup {
    .element("data", ["value": value.exact, "data-json": pointer], [Markup(text)])
  }
}

extension Double {
  /// The number as JSON reports write it.
  var exact: String {
    isNaN ? "NaN" : isInfinite ? (self > 0 ? "Infinity" : "-Infinity") : "\(self)"
  }

  /// One decimal, and a sign of infinity where there is no end.
  var decibels: String { decibels(Numbers.decibels) }

  /// The number as `format` writes it, with a minus sign, and a sign of infinity where there is no
  /// end.
  func decibels(_ format: (Double) -> String) -> String {
    isNaN
      ? "NaN"
      : isInfinite ? (self > 0 ? "∞" : "−∞") : format(self).replacing("-", with: "−")
  }

  /// Percent with three significant digits, as in `0.0123 %`.
  var percent: String { String(format: "%.3g %%", self * 100) }
}

extension Int {
  /// With thin spaces between thousands, as in `2 535 520`.
  var grouped: String {
    var text = ""
    for (index, digit) in "\(self)".reversed().enumerated() {
      if index > 0 && index.isMultiple(of: 3) && digit != "-" { text.append("\u{202F}") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// `1 frame`, `2 frames`.
  func of(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
