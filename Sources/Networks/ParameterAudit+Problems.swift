extension ParameterAudit {
  /// Every problem as one line: tensor, expected, found.
  public var problems: [String] {
    missing.map { "missing: tensor '\($0.name)', expected shape \($0.shape)" }
      + misshapen.map {
        "misshapen: tensor '\($0.name)', expected shape \($0.expected), found \($0.found) "
          + "(\($0.source))"
      }
      + unexpected.map { "unexpected: tensor '\($0.name)' of shape \($0.shape) (\($0.source))" }
  }
}
