public import Networks

/// How large a layer's error may be: a default and exceptions by name.
public struct Tolerances: Sendable, Hashable {
  /// A tolerance for the layers that a pattern selects.
  public struct Exception: Sendable, Hashable {
    /// Selects layers.
    public let pattern: NamePattern
    /// The tolerance of those layers.
    public let value: Double

    /// A tolerance for the layers that `pattern` selects.
    public init(pattern: NamePattern, value: Double) {
      self.pattern = pattern
      self.value = value
    }
  }

  /// The tolerance of layers that no exception selects.
  public let standard: Double
  /// The exceptions; the last that selects a layer holds.
  public let exceptions: [Exception]

  /// Tolerances.
  public init(standard: Double, exceptions: [Exception] = []) {
    self.standard = standard
    self.exceptions = exceptions
  }

  /// The tolerance of the layer called `name`.
  public func tolerance(of name: String) -> Double {
    exceptions.last { $0.pattern.matches(name) }?.value ?? standard
  }
}
