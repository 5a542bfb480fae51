public import Models
import Quantization
public import Reports
public import Segmentation
public import Verification

/// A comparison over a clip as one HTML page that needs nothing beside it: no network, no other
/// file, and no script to be read.
///
/// Verdict and gates come first, then where along the network error is born and gathers, what it does
/// to the masks, every layer, and what the files say of themselves. Numbers that are in the JSON
/// report too are `data` elements (or have `data-value`) with their place in it, `data-json`, a JSON
/// pointer. The page is XML as well, has neither clock nor path, and stays under 5 MB: pictures are
/// scaled down and of long clips those of the worst frames, and charts of long clips show the worst of
/// neighbouring frames.
public struct ParityPage {
  /// The most frames that are shown in pictures; `ClipVerification` must have kept
  /// them.
  public static let pictureCount = 48

  /// The page.
  public let html: String

  /// The page of `result`, which compared `candidate`, run with `arithmetic`, with `reference` over
  /// `clip`; `timing` is shown where speed and memory were measured.
  ///
  /// Throws what reading frames of the clip, the size and the metadata of the models throw.
  public init(
    _ result: ClipVerification, arithmetic: String, reference: Model, candidate: Model, clip: Clip,
    timing: TimingReport? = nil
  ) throws {
    let subject = Subject(
      result: result, arithmetic: arithmetic,
      reference: try ModelFile(reference), candidate: try ModelFile(candidate), clip: clip,
      timing: timing)
    html = Templates.page(try Content(subject))
  }

  /// What the page is about.
  struct Subject {
    let result: ClipVerification
    let arithmetic: String
    let reference: ModelFile
    let candidate: ModelFile
    let clip: Clip
    let timing: TimingReport?

    /// What the candidate is called in sentences.
    var precision: String { result.plan.name }

    /// What was compared.
    var sentence: String { "\(precision) against \(reference.precision) on \(clip.name)" }
  }

  /// The values of the template.
  struct Content {
    let title: String
    let style = Templates.style
    let script = Templates.script
    let verdict: VerdictSection
    let gates: [GateRow]
    let hasUnmatched: Bool
    let unmatched: [UnmatchedRow]
    let closest: [LayerSection.Layer]
    let channelMargin: String
    let network: NetworkSection
    let masks: MaskSection
    let pictures: PictureSection?
    let programs: [LayerSection]
    let evidence: EvidenceSection

    init(_ subject: Subject) throws {
      let result = subject.result
      title = "\(subject.sentence): \(result.passes ? "pass" : "fail")"
      verdict = VerdictSection(subject)
      gates = result.gates.enumerated().map { GateRow($0.element, $0.offset, result) }
      hasUnmatched = !result.unmatched.isEmpty
      unmatched = result.unmatched.map(UnmatchedRow.init)
      closest = result.closestLayers.map { LayerSection.layer(result.layers[$0], $0) }
      channelMargin = Numbers.whole(ClipCriteria.channelMargin)
      network = NetworkSection(result)
      masks = MaskSection(result)
      pictures = try PictureSection(result, clip: subject.clip)
      programs = LayerSection.programs(result)
      evidence = EvidenceSection(subject)
    }
  }
}
