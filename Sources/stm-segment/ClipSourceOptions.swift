import ArgumentParser
import CommandSupport
import Files
import Segmentation

/// What is segmented.
struct ClipSourceOptions: ParsableArguments {
  @Option(
    help: """
      A folder with frames/ and masks/, of which the first is needed; or, with --mask, a folder of \
      frames, or a video in a build with FFmpeg's libraries.
      """
  )
  var clip: String?
  @Option(help: ArgumentHelp("The mask of the first frame.", valueName: "file")) var mask: String?
  @Option(
    help: ArgumentHelp("A folder of clips, or the tree of DAVIS or YouTube-VOS.", valueName: "root")
  )
  var set: String?
  @OptionGroup var sequences: SequenceOptions
  @Flag(
    inversion: .prefixedNo,
    help: """
      Also follow objects that no mask before shows, from the mask on in which they appear. \
      (default: in the tree of YouTube-VOS)
      """)
  var newObjects: Bool?

  func validate() throws {
    guard (clip == nil) != (set == nil) else {
      throw ValidationError(
        "expected one of --clip and --set, found \(clip == nil ? "neither" : "both")",
        hint: "--clip names a folder with frames/ and masks/, --set a folder of such")
    }
    if mask != nil && clip == nil {
      throw ValidationError("--mask: expected --clip, found --set")
    }
    if !sequences.takesAll && set == nil {
      throw ValidationError("--sequences: expected --set, found --clip")
    }
  }

  /// The folders of a clip that nothing may be written to.
  var folders: [String] {
    guard let clip else { return [] }
    return ClipOptions.folders(of: [clip]) + (mask.map { [clip, $0] } ?? [])
  }

  /// The set that was asked for; nil: a clip was. Throws what opening it throws.
  func openSet() throws -> ClipSet? {
    try set.map { try ClipSet(path: $0, names: try sequences.names()) }
  }

  /// Opens the clip that was asked for. Throws what opening it throws.
  func open(_ options: ClipOptions) throws -> Clip {
    guard let clip else { throw ValidationError("expected --clip, found none") }
    guard let mask else { return try options.open(clip) }
    let frames = Folder.exists(at: "\(clip)/frames") ? "\(clip)/frames" : clip
    return try options.open(frames: frames, mask: mask, name: clip)
  }
}

/// What is written beside masks.
struct ResultOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Also write every frame with its mask on it, as PNG.", valueName: "dir"))
  var overlay: String?
  @Option(
    help: ArgumentHelp(
      """
      Also write soft masks, one .npz a frame: probability, binary16 [N + 1, H, W], background \
      first, and the id of each.
      """, valueName: "dir"))
  var probabilities: String?
  @Flag(help: "Leave masks in the size that --long-edge scales to, in place of that of the frames.")
  var keepScale = false

  /// The folders, `masks` among them.
  func output(masks: String) -> ClipOutput {
    ClipOutput(
      masks: masks, overlays: overlay, probabilities: probabilities, keepsScale: keepScale)
  }
}
