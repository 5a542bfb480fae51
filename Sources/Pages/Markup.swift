import Foundation

/// HTML or SVG that is put together element by element, so that text cannot become markup.
struct Markup: Sendable, CustomStringConvertible {
  /// The markup as it goes into a page.
  let description: String

  /// Text, with whatever would be markup written as entities.
  init(_ text: String) { description = text.escapedForMarkup }

  private init(verbatim markup: String) { description = markup }

  /// The element called `name`, attributes in the order given, those that are nil left out.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, (any AttributeValue)?> = [:],
    _ children: [Markup] = []
  ) -> Markup {
    let attributes = attributes.map { key, value in
      value.map { " \(key)=\"\($0.attributeText.escapedForMarkup)\"" } ?? ""
    }.joined()
    let content = children.map(\.description).joined()
    return Markup(
      verbatim: content.isEmpty && !keepsEndTag(name)
        ? "<\(name)\(attributes)/>" : "<\(name)\(attributes)>\(content)</\(name)>")
  }

  /// HTML's elements that need an end tag; SVG's may be closed at once.
  private static func keepsEndTag(_ name: StaticString) -> Bool {
    ["data", "span", "td", "a", "text"].contains("\(name)")
  }
}

/// What the value of an attribute is made of.
protocol AttributeValue: Sendable {
  /// The value as text, not yet escaped.
  var attributeText: String { get }
}

extension String: AttributeValue {
  var attributeText: String { self }

  /// The text with entities for `& < > " '`; what XML 1.0 cannot hold becomes U+FFFD.
  ///
  /// Goes by scalars: a quotation mark with a combining accent is a character of its own, and ends
  /// an attribute all the same.
  var escapedForMarkup: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\t", "\n": text.unicodeScalars.append(scalar)
      case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Int: AttributeValue {
  var attributeText: String { "\(self)" }
}

/// A coordinate, to a tenth of a pixel.
extension Double: AttributeValue {
  var attributeText: String {
    let text = String(format: "%.1f", self)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text == "-0.0" ? "0" : text
  }
}
