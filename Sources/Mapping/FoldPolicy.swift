/// What an import does about batch norms.
public enum FoldPolicy: String, Sendable, CaseIterable {
  /// Keeps what arrives, and folds only what a model file cannot express: another epsilon than
  /// the network's.
  case auto
  /// Folds every batch norm into the convolutions before it.
  case always
  /// Folds nothing; what arrives folded stays so.
  case never
}
