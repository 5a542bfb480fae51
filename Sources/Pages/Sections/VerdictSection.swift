import Quantization
import Reports
import Segmentation
import Verification

/// The verdict in a sentence, and what was compared.
struct VerdictSection {
  struct Fact {
    let term: String
    let detail: String
    let figure: Markup?

    init(_ term: String, _ detail: String, _ figure: Figure? = nil) {
      (self.term, self.detail, self.figure) = (term, detail, figure?.markup)
    }
  }

  let kind: String
  let subject: String
  let headline: String
  let summary: String
  let cause: String?
  let facts: [Fact]

  init(_ subject: ParityPage.Subject) {
    let result = subject.result
    self.subject = subject.sentence
    kind = result.passes ? "pass" : "fail"
    let held = result.gates.count { $0.passes }
    let within = result.layers.count { $0.passes }
    let failed = result.gates.count - held
    let gates =
      "\(held) of \(result.gates.count.of("gate")) \(result.gates.count == 1 ? "holds" : "hold")"
    if result.passes {
      headline = "\(subject.precision) keeps the masks"
    } else if let first = result.firstCause {
      headline = "The first error is born in \(first.name)"
    } else if !result.unmatched.isEmpty {
      let count = result.unmatched.count
      headline = "\(count.of("layer")) \(count == 1 ? "has" : "have") no counterpart"
    } else {
      headline =
        "\(subject.precision) fails \(failed) of \(result.gates.count.of("gate")); every layer is "
        + "within its tolerance"
    }
    cause = result.layers.firstIndex { !$0.passes }.map { "layer-\($0)" }
    summary =
      "Mean IoU \(Numbers.ratio(result.freeRunningIoU)) over \(result.frames.count.of("frame")), "
      + "\(Numbers.ratio(result.worstIoU)) in the worst mask; \(gates); "
      + "\(within) of \(result.layers.count.of("layer")) within tolerance."
    let (reference, candidate, clip) = (subject.reference, subject.candidate, subject.clip)
    let ratio = Double(candidate.bytes) / Double(max(reference.bytes, 1))
    facts = [
      Fact("Reference", "\(reference.name), \(reference.precision), \(reference.bytes.of("byte"))"),
      Fact("Candidate", "\(candidate.name), \(candidate.precision), \(candidate.bytes.of("byte"))"),
      Fact("File size", "\(Numbers.ratio(ratio)) of the reference's"),
      Fact(
        "Clip",
        "\(clip.name), \(clip.width) × \(clip.height), \(clip.frameCount.of("frame")), "
          + clip.objects.count.of("object")),
      Fact(
        "Arithmetic",
        subject.arithmetic + (result.topK.map { ", the best \($0) entries of the memory" } ?? "")),
      Fact("Logits SQNR", "dB", .decibels(result.logits.sqnr, at: "/logits/sqnr")),
      Fact(
        "Largest error of logits", "",
        .magnitude(result.logits.maximumError, at: "/logits/maximumError")),
      Fact(
        "Convolutions", "in \(result.plan.standard.rawValue)",
        .percent(result.coverage, at: "/coverage")),
    ]
  }
}

/// One gate.
struct GateRow {
  let gate: String
  let verdict: String
  let place: String
  let link: String?
  let found: Markup
  let passing: String

  init(_ result: GateResult, _ index: Int, _ verification: ClipVerification) {
    gate = result.gate.description
    verdict = Verdict(result.passes).rawValue
    place = result.place ?? "all"
    link = verification.layers.firstIndex { $0.name == result.place }.map { "layer-\($0)" }
    found =
      result.found.map { found in
        let pointer = "/gates/\(index)/found"
        return switch result.gate.subject {
        case .masks: Figure.share(found, at: pointer).markup
        case .layers: Figure.magnitude(found, at: pointer).markup
        }
      } ?? Markup("none")
    passing = result.passes ? "–" : result.passing?.description ?? "none"
  }
}

/// A step that one of the models has alone.
struct UnmatchedRow {
  let name: String
  let program: String
  let side: String

  init(_ step: ClipVerification.Unmatched) {
    (name, program, side) = (step.name, step.program, step.side.rawValue)
  }
}
