extension Int {
  /// The least multiple of `factor` that is not below.
  func roundedUp(to factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
