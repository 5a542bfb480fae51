public import Execution
import Files
import Foundation
public import Models
import Networks
public import Quantization
import STMModel
public import Segmentation
public import Verification

/// The smallest set of layers that must be kept wide so that a candidate will do.
///
/// Layers are kept wide by giving the candidate the binary32 reference's weights and precision
/// (``MixedModels``). Delta debugging, which tries the layers first that add the most error
/// themselves, ends in a set that is 1-minimal: giving up any one of its layers is too much.
public struct Bisection {
  /// Who says whether a mixed model will do.
  public enum Judge: Sendable {
    /// Gates over the clip, all of which must hold.
    case gates([Gate])
    /// A command.
    case command(CommandJudge)
  }

  /// What a judge says.
  public enum Verdict: String, Sendable {
    /// The model will do.
    case holds
    /// It will not.
    case fails
    /// It cannot be judged.
    case unresolved
  }

  /// A part that can be kept wide.
  public struct Part: Sendable {
    /// The part.
    public let part: MixedModels.Part
    /// The precision that the candidate has it in.
    public let precision: Precision
    /// What the layer contributes over the error that it adds itself, in dB
    /// (`ClipVerification.Layer.contributionSQNR`); nil of what is no layer.
    public let contributionSQNR: Double?
    /// What the judge says without this part alone; nil where it was not asked, or does not matter.
    public internal(set) var without: Verdict?
  }

  /// One question that the judge was asked.
  public struct Run: Sendable, Hashable {
    /// How many parts were kept wide.
    public let kept: Int
    /// What the judge said.
    public let verdict: Verdict
  }

  /// The parts in which the candidate differs from the reference, those that add the most error first.
  public let parts: [Part]
  /// The parts to keep, in that order; nil where not even all of them are enough.
  public let kept: [Part]?
  /// The questions, in order: first the candidate itself, then all parts.
  public let runs: [Run]
  /// The most questions allowed.
  public let maximumRuns: Int
  /// The gates as they stand with ``kept``; empty for a command.
  public let gates: [GateResult]
  /// The model in which ``kept`` are wide; the candidate where none are.
  public let model: Model

  /// Whether the judge refuses the set without any one of its parts.
  public var isMinimal: Bool { kept?.allSatisfy { $0.without == .fails } ?? false }

  /// Looks for the parts of `candidate` to keep as in `reference`, a binary32 model, with at most
  /// `maximumRuns` questions, of which there must be at least 2; `write` writes a model to a path for
  /// a command. `progress` is told how many questions were answered.
  ///
  /// Throws ``FindingError``, or what reading the clip, binding, running and `write` throw.
  public init(
    reference: Model, candidate: Model, clip: Clip,
    backends: (reference: any Backend, candidate: any Backend), judge: Judge, maximumRuns: Int,
    write: (Model, String) throws -> Void, progress: (Int) -> Void = { _ in }
  ) throws {
    precondition(maximumRuns >= 2, "\(maximumRuns) runs")
    let mixed = try MixedModels(reference: reference, candidate: candidate)
    var runs: [Run] = []
    let compare = { (model: Model) in
      try ClipVerification(
        reference: reference, candidate: model, clip: clip, backends: backends,
        criteria: ClipCriteria(
          gates: { if case .gates(let gates) = judge { gates } else { [] } }()))
    }
    func outcome(
      of model: Model, keeping count: Int, known: ClipVerification? = nil
    ) throws -> (DeltaDebugging.Outcome, [GateResult]) {
      let (outcome, gates): (DeltaDebugging.Outcome, [GateResult])
      switch judge {
      case .gates:
        gates = try (known ?? compare(model)).gates
        outcome = gates.allSatisfy(\.passes) ? .holds : .fails
      case .command(let command):
        gates = []
        outcome = try Self.withTemporaryFile { path in
          try write(model, path)
          return try command.outcome(of: path)
        }
      }
      runs.append(Run(kept: count, verdict: outcome))
      progress(runs.count)
      return (outcome, gates)
    }

    let first = try compare(candidate)
    let ranked = Self.ranked(mixed.parts, first, candidate)
    func model(_ elements: [Int]) throws -> Model {
      try mixed.model(keeping: Set(elements.map { ranked[$0].part }))
    }
    self.maximumRuns = maximumRuns
    parts = ranked
    let (alone, standing) = try outcome(of: candidate, keeping: 0, known: first)
    guard alone != .holds else {
      (kept, self.runs, gates, self.model) = ([], runs, standing, candidate)
      return
    }
    let all = Array(ranked.indices)
    let whole = try model(all)
    let (everything, best) = try outcome(of: whole, keeping: all.count)
    guard everything == .holds else {
      (kept, self.runs, gates, self.model) = (nil, runs, best, whole)
      return
    }
    var passing = [all: best]
    var search = DeltaDebugging(known: [[]: alone, all: everything])
    let result = try search.minimize(count: ranked.count) { elements in
      guard runs.count < maximumRuns else { return nil }
      let (outcome, gates) = try outcome(of: try model(elements), keeping: elements.count)
      if outcome == .holds { passing[elements] = gates }
      return outcome
    }
    kept = zip(result.elements, result.without).map { element, outcome in
      var part = ranked[element]
      part.without = outcome
      return part
    }
    (self.runs, gates) = (runs, passing[result.elements] ?? [])
    self.model = try model(result.elements)
  }

  /// `parts` of `candidate`, those first that contribute least over the error that they add.
  private static func ranked(
    _ parts: [MixedModels.Part], _ comparison: ClipVerification, _ candidate: Model
  ) -> [Part] {
    let layers = Dictionary(
      uniqueKeysWithValues: comparison.layers.map { ($0.name, $0.contributionSQNR) })
    let steps = candidate.network.deployedPrograms.flatMap(\.steps)
    let known = parts.map { part in
      guard case .layer(let layer) = part, let step = steps.first(where: { $0.layer == layer })
      else {
        return Part(part: part, precision: candidate.plan.standard, contributionSQNR: nil)
      }
      return Part(part: part, precision: candidate.plan[step], contributionSQNR: layers[step.name])
    }
    return known.enumerated().sorted { left, right in
      (left.element.contributionSQNR ?? .infinity, left.offset)
        < (right.element.contributionSQNR ?? .infinity, right.offset)
    }.map(\.element)
  }

  private static func withTemporaryFile<Result>(
    _ body: (String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Folder.create(at: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.appending(path: "mixed.safetensors").path)
  }
}
