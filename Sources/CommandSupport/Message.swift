/// What a tool writes to standard error when it fails: what went wrong, and what to do about it.
///
/// What it says comes in part from files of strangers. Each line holds no character that would end it,
/// turn it around or move the cursor, and has at most ``longestLine`` bytes; of many lines so many are
/// there as have ``longestText`` bytes together.
struct Message {
  /// The most bytes of a line.
  static let longestLine = 2000
  /// The most bytes of all lines but the hint, what says how many are left out aside.
  static let longestText = 65_536

  /// The message, with the line feed that ends it.
  let text: String

  /// The message of the tool `name` about `lines`, the first of which is what the others are parts of.
  init(from name: String, _ lines: [String], hint: String) {
    var text = "\(name): error: "
    for (index, line) in lines.enumerated() {
      let line = (index == 0 ? line : "  \(line)").onOneLine(of: Self.longestLine) + "\n"
      guard text.utf8.count + line.utf8.count <= Self.longestText else {
        text += "  and \(lines.count - index) more\n"
        break
      }
      text += line
    }
    self.text = text + "hint: \(hint.onOneLine(of: Self.longestLine))\n"
  }
}

extension String {
  /// The text with control characters but newlines, and those that change the order or the shape of
  /// others, shown as `\u{1B}`.
  ///
  /// Names come from files of strangers; they must not colour or rewrite the terminal.
  var withVisibleControls: String {
    var text = ""
    for scalar in unicodeScalars { text += scalar == "\n" ? "\n" : scalar.visible }
    return text
  }

  /// The text with line ends shown like other control characters, cut to `count` bytes.
  fileprivate func onOneLine(of count: Int) -> String {
    let ellipsis = "…"
    var text = ""
    for scalar in unicodeScalars {
      let next = scalar.visible
      guard text.utf8.count + next.utf8.count + ellipsis.utf8.count <= count else {
        return text + ellipsis
      }
      text += next
    }
    return text
  }
}

extension Unicode.Scalar {
  /// The character, or `\u{1B}` for one that is not seen and acts on others.
  fileprivate var visible: String {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      "\\u{\(String(value, radix: 16, uppercase: true))}"
    default: String(Character(self))
    }
  }
}
