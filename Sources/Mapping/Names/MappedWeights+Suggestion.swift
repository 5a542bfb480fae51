import Files

extension MappedWeights {
  /// Rules to start from, as YAML: a line for every tensor that nothing asks for, with the
  /// parameter that is most like it, or with several candidates as a remark.
  public var suggestedRules: String {
    var lines = [
      "# Rules for what was not matched. Fill in, delete what is wrong, and give back with --map."
    ]
    for problem in audit.problems { lines.append("# \(Self.plain(problem.description))") }
    lines.append(audit.unexpected.isEmpty ? "rules: []" : "rules:")
    let missing = audit.missing
    for source in audit.unexpected {
      let fitting = missing.filter { $0.shape == source.shape }.map(\.parameter)
      let nearest = NameSimilarity.nearest(to: source.tensor, among: fitting)
      lines.append(
        "  - from: \(Self.quoted(Self.pattern(for: source.tensor)))  # \(source.shape) in "
          + Self.plain(source.file))
      if let name = nearest.first ?? (fitting.count == 1 ? fitting.first : nil) {
        lines.append("    to: \(Self.quoted(name))")
      } else {
        if !fitting.isEmpty {
          lines.append("    # to: one of \(fitting.joined(separator: ", "))")
        }
        lines.append("    ignore: no parameter was found for it")
      }
    }
    for item in missing where !audit.unexpected.contains(where: { $0.shape == item.shape }) {
      lines.append("# missing: \(item.parameter) \(item.shape)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A pattern that fits `name` alone: the name itself, unless it would be read as more.
  private static func pattern(for name: String) -> String {
    guard name.contains("*") || name.hasPrefix("re:") else { return name }
    return "re:"
      + name.map { character in
        character.isASCII && (character.isPunctuation || character.isSymbol)
          ? "\\\(character)" : "\(character)"
      }.joined()
  }

  /// `text` as a scalar of YAML: in double quotes, with escapes, where it needs them.
  private static func quoted(_ text: String) -> String {
    guard plain(text) != text else { return "'\(text.replacing("'", with: "''"))'" }
    let escaped = text.unicodeScalars.map { scalar in
      if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
      guard isControl(scalar) else { return "\(scalar)" }
      let digits = String(scalar.value, radix: 16)
      return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
    return "\"\(escaped.joined())\""
  }

  /// `text` on one line: spaces for what controls a terminal or breaks lines.
  private static func plain(_ text: String) -> String {
    text.unicodeScalars.map { isControl($0) ? " " : "\($0)" }.joined()
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format: true
    default: false
    }
  }
}
