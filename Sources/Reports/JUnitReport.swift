public import Verification

/// A comparison over a clip as JUnit XML, which continuous integration reads: a case for each layer,
/// for each layer without a counterpart, and for each gate. Without times, so that bytes repeat.
public struct JUnitReport {
  private struct Case {
    let group: String
    let name: String
    let failure: String?
  }

  private let suites: [(name: String, cases: [Case])]

  /// A report of `result`.
  public init(_ result: ClipVerification) {
    let layers = result.layers.map { layer in
      Case(
        group: layer.program, name: layer.name,
        failure: layer.passes
          ? nil
          : "what the layer contributes lies \(Numbers.decibels(layer.contributionSQNR)) dB above "
            + "the error that it adds"
            + (layer.outlyingChannel.map {
              ", in channel \($0.index) \(Numbers.decibels($0.sqnr)) dB"
            } ?? "") + "; tolerance \(Numbers.decibels(layer.tolerance)) dB")
    }
    let unmatched = result.unmatched.map {
      Case(group: $0.program, name: $0.name, failure: "only the \($0.side.rawValue) has this layer")
    }
    let gates = result.gates.map { result in
      Case(
        group: "gates", name: result.gate.description,
        failure: result.passes
          ? nil
          : "found \(result.found.map(Numbers.significant) ?? "none")"
            + (result.place.map { " (\($0))" } ?? "")
            + (result.passing.map { "; \($0) would have passed" } ?? ""))
    }
    suites = [("layers", layers + unmatched), ("gates", gates)]
  }

  /// The document.
  public var xml: String {
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
    lines.append("<testsuites name=\"stm-verify\"\(Self.counts(suites.flatMap(\.cases)))>")
    for (name, cases) in suites {
      lines.append("  <testsuite name=\"\(name)\"\(Self.counts(cases))>")
      lines += cases.flatMap(Self.lines)
      lines.append("  </testsuite>")
    }
    lines.append("</testsuites>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func counts(_ cases: [Case]) -> String {
    " tests=\"\(cases.count)\" failures=\"\(cases.count { $0.failure != nil })\""
  }

  private static func lines(of test: Case) -> [String] {
    let start =
      "    <testcase classname=\"\(test.group.xmlAttribute)\" name=\"\(test.name.xmlAttribute)\""
    guard let failure = test.failure else { return [start + "/>"] }
    return [
      start + ">", "      <failure message=\"\(failure.xmlAttribute)\"/>", "    </testcase>",
    ]
  }
}

extension String {
  /// The text as an attribute's value; what XML 1.0 cannot hold becomes U+FFFD.
  var xmlAttribute: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "\t", "\n", "\r": text += "&#\(scalar.value);"
      case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
