import ArgumentParser
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

  /// Compares over the clips of `set`, opened with `options`; a clip that cannot be read is left out
  /// and named. Throws what compiling, running and writing throw.
  func report(
    over set: ClipSet, options: ClipOptions, isQuiet: Bool
  ) throws -> (ClipSetVerification, ClipSetReport) {
    let reports = folder.map { "\($0)/clips" }
    if let reports {
      try Folder.create(at: reports)
      try check(reports, over: set)
    }
    let opened = try set.members.map { member in
      (name: member.name, clip: try Self.reading { try options.open(member) })
    }
    let readable = opened.compactMap { try? $0.clip.get() }
    for gate in criteria.gates where !readable.isEmpty { try gate.check(against: readable) }
    let total = opened.map { $0.clip.frames }.reduce(0, +)
    let progress = Progress("verifying", total: total, isQuiet: isQuiet)
    let sides = (
      reference: try ClipSubject.Side(models.reference),
      candidate: try ClipSubject.Side(models.candidate)
    )
    let networks = try ClipVerification.compile(
      reference: models.reference, candidate: models.candidate, backends: backends, topK: topK)
    var (clips, unreadable): ([ClipSummary], [ClipSetVerification.Unreadable]) = ([], [])
    var done = 0
    for (name, clip) in opened {
      let compared = try Self.reading {
        let clip = try clip.get()
        let result = try ClipVerification(
          reference: networks.reference, candidate: networks.candidate,
          plan: models.candidate.plan, clip: clip, criteria: criteria,
          progress: { progress.show(done + $0) })
        return (clip, result)
      }
      done += clip.frames
      switch compared {
      case .failure(let problem):
        unreadable.append(
          .init(
            name: name, problem: problem.description.replacing("\(set.path)/", with: "")))
      case .success(let (clip, result)):
        let subject = ClipSubject(
          reference: sides.reference, candidate: sides.candidate, clip: clip)
        clips.append(ClipSummary(result, of: subject))
        if let reports {
          let report = ClipReport(result, of: subject, arithmetic: arithmetic)
          try AtomicFile.write(Array(try report.json.utf8), to: "\(reports)/\(name).json")
        }
      }
    }
    progress.show(total)
    let result = ClipSetVerification(clips, unreadable: unreadable, gates: criteria.gates)
    let report = ClipSetReport(
      result, reference: sides.reference, candidate: sides.candidate, arithmetic: arithmetic,
      topK: topK)
    if let folder {
      try AtomicFile.write(Array(try report.json.utf8), to: "\(folder)/roll-up.json")
    }
    return (result, report)
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

/// What is wrong with a clip.
private struct ClipProblem: Error {
  let description: String
}

extension Result<Clip, ClipProblem> {
  /// How many frames will be segmented.
  fileprivate var frames: Int { (try? get().frameCount - 1) ?? 0 }
}
