import Tensors

/// A parameter of the result: how it comes about, and its elements.
struct SettledParameter: Sendable {
  /// The canonical name.
  let name: String
  /// Its shape; nil where the transforms do not apply.
  let shape: Shape?
  /// The tensors that it is made of, the main one first.
  let sources: [SourceTensor]
  /// What is done to them.
  let transforms: [Transform]
  /// Why it is believed.
  let evidence: Evidence
  /// The elements; nil where the first source is taken as it is.
  let floats: (@Sendable () throws -> FloatTensor)?

  init(
    name: String, shape: Shape?, sources: [SourceTensor], transforms: [Transform],
    evidence: Evidence, floats: (@Sendable () throws -> FloatTensor)?
  ) {
    self.name = name
    self.shape = shape
    self.sources = sources.flatMap(\.stored)
    self.transforms = transforms
    self.evidence = evidence
    self.floats = floats
  }

  /// A parameter that is one tensor of the export.
  init(_ claim: Claim) {
    let floats: @Sendable () throws -> FloatTensor = { try claim.floats() }
    self.init(
      name: claim.parameter, shape: claim.shape, sources: claim.sources,
      transforms: claim.transforms, evidence: claim.evidence,
      floats: claim.isVerbatim ? nil : floats)
  }

  /// A parameter that a claimed tensor becomes with the help of others.
  init(
    _ claim: Claim, adding others: [SourceTensor], transform: Transform,
    floats: @escaping @Sendable () throws -> FloatTensor
  ) {
    self.init(
      name: claim.parameter, shape: claim.shape, sources: claim.sources + others,
      transforms: claim.transforms + [transform], evidence: claim.evidence, floats: floats)
  }
}
