import ArgumentParser
import Cluster
import CommandSupport
import Execution
import Files
import Models
import Reports
import Segmentation
import Verification

/// The comparison of two models over every clip of a set.
struct ClipSetRun {
  /// The two models.
  let models: (reference: Model, candidate: Model)
  /// What each runs on.
  let backends: (reference: any Backend, candidate: any Backend)
  /// The name of the candidate's arithmetic.
  let arithmetic: String
  /// What each clip, and the set, must reach.
  let criteria: ClipCriteria
  /// How many entries of the memory are read; nil: all.
  let topK: Int?
  /// The folder for the roll-up and the reports of clips.
  let folder: String?

  /// The files that a run over `set` writes in `folder`.
  static func files(in folder: String, over set: ClipSet) -> [String] {
    ["\(folder)/roll-up.json"] + set.members.map { "\(folder)/clips/\($0.name).json" }
  }

  /// Compares over the clips of `set`, opened with `options`, which the processes of `group` share; a
  /// clip that cannot be read is left out and named. Throws what compiling, running and writing throw.
  func report(
    over set: ClipSet, options: ClipOptions, in group: any ProcessGroup, isQuiet: Bool
  ) throws -> (ClipSetVerification, ClipSetReport) {
    let reports = group.isFirst ? folder.map { "\($0)/clips" } : nil
    if let reports {
      try Folder.create(at: reports)
      try check(reports, over: set)
    }
    let opened = try set.members.map { member in
      (name: member.name, clip: try Self.reading { try options.open(member) })
    }
    let readable = opened.compactMap { try? $0.clip.get() }
    for gate in criteria.gates where !readable.isEmpty { try gate.check(against: readable) }
    let total = opened.indices.filter(group.owns).map { opened[$0].clip.frames }.reduce(0, +)
    let progress = Progress("verifying", total: total, isQuiet: isQuiet)
    let sides = (
      reference: try ClipSubject.Side(models.reference),
      candidate: try ClipSubject.Side(models.candidate)
    )
    let networks = try ClipVerification.compile(
      reference: models.reference, candidate: models.candidate, backends: backends, topK: topK)
    func write(_ outcome: Outcome, of name: String) throws {
      guard let reports, case .compared(_, let report?) = outcome else { return }
      try AtomicFile.write(Array(report.utf8), to: "\(reports)/\(name).json")
    }
    var done = 0
    let outcomes = try group.share(opened) { opened in
      try opened.map { name, clip in
        let outcome = try outcome(of: clip, networks, sides, in: set.path) {
          progress.show(done + $0)
        }
        done += clip.frames
        try write(outcome, of: name)
        return outcome
      }
    }
    for (index, outcome) in outcomes.enumerated() where !group.owns(index) {
      try write(outcome, of: opened[index].name)
    }
    progress.show(total)
    let result = ClipSetVerification(
      outcomes.compactMap(\.summary),
      unreadable: zip(opened, outcomes).compactMap { opened, outcome in
        outcome.problem.map { .init(name: opened.name, problem: $0) }
      },
      gates: criteria.gates)
    let report = ClipSetReport(
      result, reference: sides.reference, candidate: sides.candidate, arithmetic: arithmetic,
      topK: topK)
    if group.isFirst, let folder {
      try AtomicFile.write(Array(try report.json.utf8), to: "\(folder)/roll-up.json")
    }
    return (result, report)
  }

  /// What comes of one clip of the set at `path`, compared in `networks` of `sides`; `progress` is
  /// told how many of its frames are done. Throws what is not the clip's fault.
  private func outcome(
    of clip: Result<Clip, ClipProblem>,
    _ networks: (reference: CompiledNetwork, candidate: CompiledNetwork),
    _ sides: (reference: ClipSubject.Side, candidate: ClipSubject.Side), in path: String,
    progress: (Int) -> Void
  ) throws -> Outcome {
    let compared = try Self.reading {
      let clip = try clip.get()
      let result = try ClipVerification(
        reference: networks.reference, candidate: networks.candidate,
        plan: models.candidate.plan, clip: clip, criteria: criteria, progress: progress)
      return (clip, result)
    }
    switch compared {
    case .failure(let problem):
      return .unreadable(problem.description.replacing("\(path)/", with: ""))
    case .success(let (clip, result)):
      let subject = ClipSubject(reference: sides.reference, candidate: sides.candidate, clip: clip)
      let report = ClipReport(result, of: subject, arithmetic: arithmetic)
      return .compared(
        ClipSummary(result, of: subject), report: folder == nil ? nil : try report.json)
    }
  }

  /// Checks that the folder `reports` holds none of clips that are not in `set`.
  ///
  /// Throws `ValidationError`: they would be taken for reports of this run.
  private func check(_ reports: String, over set: ClipSet) throws {
    let own = Set(set.members.map { "\($0.name).json" })
    let others = try Folder.names(at: reports).filter { $0.hasSuffix(".json") && !own.contains($0) }
    if let other = others.sorted().first {
      throw ValidationError(
        "--report: expected a folder without reports of other clips, found \(reports)/\(other)")
    }
  }

  /// What `body` gives, or what is wrong with the clip that it reads. Throws what is not the clip's
  /// fault.
  private static func reading<Value>(
    _ body: () throws -> Value
  ) throws -> Result<Value, ClipProblem> {
    do {
      return .success(try body())
    } catch let error as ClipProblem {
      return .failure(error)
    } catch let error as any DiagnosticError
      where error.fault == .malformedInput || error.fault == .missingInput
    {
      return .failure(ClipProblem(description: error.description))
    }
  }
}

/// What comes of one clip.
private enum Outcome: Codable {
  /// What the comparison comes to, and its report as JSON where one is to be written.
  case compared(ClipSummary, report: String?)
  /// What is wrong with the clip.
  case unreadable(String)

  var summary: ClipSummary? { if case .compared(let summary, _) = self { summary } else { nil } }
  var problem: String? { if case .unreadable(let problem) = self { problem } else { nil } }
}

/// What is wrong with a clip.
private struct ClipProblem: Error {
  let description: String
}

extension Result<Clip, ClipProblem> {
  /// How many frames will be segmented.
  fileprivate var frames: Int { (try? get().frameCount - 1) ?? 0 }
}
