extension OperatorTable {
  /// Operators to come.
  static let poolings: [String: Operator] = [:]
}
