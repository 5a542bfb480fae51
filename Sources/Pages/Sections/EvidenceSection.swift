import Models
import Quantization
import Reports
import STMModel
import Segmentation
import Tuning
import Verification

/// What the files say of themselves: where their weights came from, and what the plan makes of every
/// layer.
struct EvidenceSection {
  /// One of the two files.
  struct File {
    struct Source {
      let name: String
      let bytes: String
      let sha256: String
      let remark: String?
    }

    struct Setting {
      let name: String
      let value: String
    }

    let role: String
    let name: String
    let precision: String
    let bytes: String
    let sha256: String
    let isSilent: Bool
    let mapping: String?
    let sources: [Source]
    let hasSettings: Bool
    let settings: [Setting]
  }

  /// What becomes of one layer, or of a memory.
  struct PlanRow {
    let name: String
    let precision: String
    let result: String
    let float32Bytes: String
    let bytes: String
    let share: String
    let reason: String
  }

  /// Speed, memory or size of both models.
  struct TimingRow {
    let title: String
    let reference: String
    let candidate: String
    let ratio: String
  }

  let files: [File]
  let isTimed: Bool
  let timing: [TimingRow]
  let planSummary: String
  let plan: [PlanRow]
  let memories: [PlanRow]

  init(_ subject: ParityPage.Subject) {
    files = [
      Self.file(
        "Reference", subject.reference, other: subject.candidate, "the candidate given here"),
      Self.file(
        "Candidate", subject.candidate, other: subject.reference, "the reference given here"),
    ]
    timing =
      subject.timing?.rows.map {
        TimingRow(title: $0[0], reference: $0[1], candidate: $0[2], ratio: $0[3])
      } ?? []
    isTimed = !timing.isEmpty
    func aligned(_ side: Int) -> Int {
      let unit = STMConfiguration.alignment
      return (side + unit - 1) / unit * unit
    }
    let coverage = PlanCoverage(
      of: subject.candidate.model.network, in: subject.result.plan,
      height: aligned(subject.clip.height), width: aligned(subject.clip.width))
    plan = coverage.layers.map { layer in
      PlanRow(
        name: layer.name, precision: layer.precision.rawValue, result: layer.result.rawValue,
        float32Bytes: layer.float32Bytes.grouped, bytes: layer.bytes.grouped,
        share: layer.share.map(\.percent) ?? "–", reason: layer.reason)
    }
    memories = coverage.memories.map { memory in
      PlanRow(
        name: memory.name, precision: memory.precision.rawValue, result: memory.precision.rawValue,
        float32Bytes: memory.float32Bytes.grouped, bytes: memory.bytes.grouped, share: "–",
        reason: memory.reason)
    }
    let wide = coverage.layers.filter(\.staysWide)
    let ratio = Double(coverage.bytes) / Double(max(coverage.float32Bytes, 1))
    planSummary =
      "Tensors of \(coverage.bytes.of("byte")), \(Numbers.ratio(ratio)) of what they take in fp32. "
      + "Of the convolutions' multiplications at \(coverage.width) × \(coverage.height), "
      + "\(coverage.integerShare.percent) are of 8-bit integers."
      + (wide.isEmpty
        ? "" : " Wide in an int8 plan: \(wide.map(\.name).joined(separator: ", ")).")
  }

  private static func file(
    _ role: String, _ file: ModelFile, other: ModelFile, _ remark: String
  ) -> File {
    File(
      role: role, name: file.name, precision: file.precision, bytes: file.bytes.grouped,
      sha256: file.sha256, isSilent: file.provenance == nil,
      mapping: file.provenance?.settings["evidence"].flatMap(MappingEvidence.init)?.sentence,
      sources: file.provenance?.sources.map { source in
        File.Source(
          name: source.name, bytes: source.bytes.grouped, sha256: source.sha256,
          remark: source.sha256 == other.sha256 ? remark : nil)
      } ?? [],
      hasSettings: file.provenance.map { !$0.settings.isEmpty } ?? false,
      settings: file.provenance?.settings.sorted { $0.key < $1.key }.map {
        File.Setting(name: $0.key, value: $0.value)
      } ?? [])
  }
}
