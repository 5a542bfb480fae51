/// A statement that tensors of an export, transformed, are a parameter of the network.
struct Claim: Sendable {
  /// The parameter's canonical name; for folded layers also that of a bias the layer lacks.
  let parameter: String
  /// The tensors; more than one are concatenated.
  let sources: [SourceTensor]
  /// What is done to them, in order.
  var transforms: [Transform]
  /// Why.
  let evidence: Evidence

  init(
    _ parameter: String, _ source: SourceTensor, _ evidence: Evidence,
    transforms: [Transform] = []
  ) {
    self.parameter = parameter
    sources = [source]
    self.transforms =
      (source.derivation.map { [$0.transform] } ?? []) + (source.axes.map { [.axes($0)] } ?? [])
      + transforms
    self.evidence = evidence
  }

  init(
    _ parameter: String, concatenating sources: [SourceTensor], axis: Int, _ evidence: Evidence
  ) {
    self.parameter = parameter
    self.sources = sources
    transforms = [.concatenate(axis: axis)]
    self.evidence = evidence
  }
}
