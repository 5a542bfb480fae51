extension OperatorTable {
  /// Operators to come.
  static let reductions: [String: Operator] = [:]
}
