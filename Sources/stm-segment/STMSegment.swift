import ArgumentParser
import CommandSupport
import Files
import Models
import Reports
import STM
import Segmentation

/// `stm-segment`: masks for every frame of a clip, or of all clips of a set.
@main struct STMSegment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-segment",
    abstract: "Follows the objects of a clip's first mask through the clip.",
    discussion: """
      Writes one indexed PNG for each frame, with the palette of the first mask, in the size of the \
      frame. Ctrl-C finishes the frame; --resume goes on from there.

      A clip is a folder with frames/ and masks/, or a folder of frames and --mask. A set is a \
      folder of clips, or the tree of DAVIS (JPEGImages/480p, Annotations/480p) or YouTube-VOS \
      (JPEGImages, Annotations); the masks of a clip go to a folder of its name. In a build with the \
      trait FFmpeg the folder of frames may be a video file, with --mask.

      EXAMPLES
        stm-segment stm-int8.safetensors --clip clips/dog -o masks
        stm-segment stm-int8.safetensors --clip frames --mask first.png -o masks
        stm-segment stm-int8.safetensors --clip movie.mp4 --mask first.png -o masks
        stm-segment stm-int8.safetensors --clip clips/dog --memory-policy bounded \\
          --memory-limit 8 -o masks
        stm-segment stm.safetensors --clip clips/dog --long-edge 320 -o masks \\
          --overlay pictures
        stm-segment stm.safetensors --set DAVIS -o results --resume
        stm-segment stm.safetensors --set DAVIS -o val \\
          --sequences DAVIS/ImageSets/2017/val.txt

      \(Tool.exitCodes)
        130 stopped by Ctrl-C (143: by SIGTERM); finished frames are complete
      """,
    version: Tool.version)

  @Argument(help: "The model.") var model: String
  @OptionGroup var source: ClipSourceOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder for the masks.", valueName: "dir"))
  var output: String
  @OptionGroup var results: ResultOptions
  @OptionGroup var policy: MemoryPolicyOptions
  @OptionGroup var memoryRead: MemoryReadOptions
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: ModelBackendOptions
  @Flag(
    help: """
      Keep masks that the same model made with the same options, and go on behind them; masks are those \
      of a run at one go.
      """)
  var resume = false
  @Flag(help: "Print nothing but errors, and no progress.") var quiet = false

  static func main() { Tool.run(Self.self) }

  func validate() throws {
    let output = results.output(masks: output)
    try Outputs.check(output.options, against: source.folders)
    if let mask = source.mask, Folder.areSame(output.masks, FilePath.folder(of: mask)) {
      throw ValidationError(
        "--output: expected another folder than that of --mask, found \(output.masks)")
    }
  }

  func run() throws {
    let output = results.output(masks: output)
    guard let set = try source.openSet() else {
      let clip = try source.open(clipOptions)
      try run(clip, try Loaded(self), output, followsLater: source.newObjects ?? false)
      return try say(
        "wrote \(clip.frameCount) masks of \(Numbers.count(clip.objects.count, "object")) "
          + "to \(self.output)\n")
    }
    for member in set.members {
      try Outputs.check(
        output.within(member.name).options, against: [member.frames, member.masks])
    }
    try run(set, try Loaded(self), output)
  }

  /// A model with what tells its masks from those of other runs.
  private struct Loaded {
    let model: STMModel
    let policy: any MemoryPolicy
    let facts: String

    init(_ options: STMSegment) throws {
      let model = try Model(path: options.model)
      self.model = try STMModel(
        model, backend: try options.backend.make(for: model.plan), topK: options.memoryRead.topK,
        isFast: options.backend.isFast)
      policy = options.policy.policy()
      facts = try self.model.facts(policy).map { "\($0.noun) \($0.value)" }.joined(separator: "; ")
    }
  }

  /// Segments every clip of `set`; one that fails does not keep the others from it.
  private func run(_ set: ClipSet, _ loaded: Loaded, _ output: ClipOutput) throws {
    let interruption = Interruption()
    var (reasons, frames): ([String], Int) = ([], 0)
    for member in set.members {
      do {
        let clip = try clipOptions.open(member)
        try run(
          clip, loaded, output.within(member.name),
          followsLater: source.newObjects ?? set.hasLaterObjects, interruption)
        frames += clip.frameCount
      } catch let error as any DiagnosticError {
        if case .cannotCreateOutput = error.fault { throw error }
        if case .inputOutput = error.fault { throw error }
        reasons.append("\(error)")
      }
    }
    guard reasons.isEmpty else {
      throw ClipError.unfinished(
        count: reasons.count, total: set.members.count, reasons: reasons)
    }
    try say("wrote \(frames) masks of \(set.members.count) clips to \(self.output)\n")
  }

  private func run(
    _ clip: Clip, _ loaded: Loaded, _ output: ClipOutput, followsLater: Bool,
    _ interruption: Interruption = Interruption()
  ) throws {
    try output.check(clip, against: [model, source.mask, source.sequences.file])
    let run = ClipRun(
      clip: clip, output: output, followsLaterObjects: followsLater, interruption: interruption,
      isQuiet: quiet)
    let end = try run.run(
      loaded.model, policy: loaded.policy, facts: loaded.facts, resumes: resume)
    guard case .interrupted(let written) = end else { return }
    Terminal.writeError(
      "\nstm-segment: stopped after frame \(written) of \(clip.frameCount) of \(clip.name)\n"
        + "hint: the same command with --resume goes on from there\n")
    throw ExitCode(interruption.exitCode ?? 0)
  }

  private func say(_ text: String) throws {
    if !quiet { try Terminal.write(text) }
  }
}
