extension OperatorTable {
  /// Operators to come.
  static let rearrangements: [String: Operator] = [:]
}
