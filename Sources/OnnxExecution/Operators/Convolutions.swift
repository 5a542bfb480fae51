extension OperatorTable {
  /// Operators to come.
  static let convolutions: [String: Operator] = [:]
}
