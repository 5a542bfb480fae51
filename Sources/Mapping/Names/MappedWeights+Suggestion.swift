extension MappedWeights {
  /// Rules to start from, as YAML: a line for every tensor that nothing asks for, with the
  /// parameter that is most like it, or with several candidates as a remark.
  public var suggestedRules: String {
    var lines = ["# Rules for what was not matched. Fill in, delete what is wrong, and give back with --map."]
    for problem in audit.problems { lines.append("# \(problem)") }
    lines.append(audit.unexpected.isEmpty ? "rules: []" : "rules:")
    let missing = audit.missing
    for source in audit.unexpected {
      let fitting = missing.filter { $0.shape == source.shape }.map(\.parameter)
      let nearest = NameSimilarity.nearest(to: source.tensor, among: fitting)
      lines.append("  - from: \(Self.quoted(source.tensor))  # \(source.shape) in \(source.file)")
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

  private static func quoted(_ text: String) -> String {
    "'\(text.replacing("'", with: "''"))'"
  }
}
