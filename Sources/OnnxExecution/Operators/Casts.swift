extension OperatorTable {
  /// Operators to come.
  static let casts: [String: Operator] = [:]
}
