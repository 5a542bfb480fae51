/// What happens to batch norms while their network is trained.
public enum BatchNormTraining: String, Sendable, Hashable, Codable, CaseIterable {
  /// Their statistics stay as they are and they are folded into the convolutions before them, as
  /// published for this network (Oh et al., ICCV 2019, section 3.5): scale and shift are trained.
  case frozen
  /// They normalize with the moments of what they are given, and the running statistics follow
  /// (``TrainedModel/updateStatistics(_:)``).
  case batch
}
