import ArgumentParser
import Cluster
import CommandSupport
import Evaluation
import Execution
import Files
import Foundation
import Images
import Models
import OneDNNBackend
import Quantization
import STM
import Segmentation

/// Which clips say how good a training is.
struct ValidationOptions: ParsableArguments {
  @Option(
    name: .customLong("validate"),
    help: ArgumentHelp(
      "Score the model on these clips: a folder of clips, or the tree of DAVIS or YouTube-VOS.",
      valueName: "root"))
  var root: String?
  @Option(
    help: ArgumentHelp(
      "Score at first, every so many steps, and at the end. (default: a tenth of the steps)",
      valueName: "steps"))
  var validateEvery: Int?
  @Option(
    help: ArgumentHelp(
      "Scale frames of these clips down so that the longer side has this many pixels.",
      valueName: "pixels"))
  var validateLongEdge: Int?
  @Option(
    help: ArgumentHelp("Use only so many frames of each of these clips.", valueName: "n"))
  var validateFrames: Int?
  @Option(
    help: ArgumentHelp(
      """
      Stop once J&F has not risen in so many scorings in a row; the result is then the best model. \
      (default: go on)
      """, valueName: "n"))
  var patience: Int?

  func validate() throws {
    let counts: [(String, Int?, Int)] = [
      ("--validate-every", validateEvery, 1), ("--validate-long-edge", validateLongEdge, 16),
      ("--validate-frames", validateFrames, 3), ("--patience", patience, 1),
    ]
    for case (let option, let value?, let least) in counts {
      guard root != nil else {
        throw ValidationError("\(option): expected --validate, found none")
      }
      guard value >= least else {
        throw ValidationError("\(option): expected at least \(least), found \(value)")
      }
    }
  }

  /// The folder, where there is one: an input like the others.
  var inputs: [String] { root.map { [$0] } ?? [] }

  /// The clips; nil: none are asked for. Throws what opening them throws.
  func open() throws -> Validation? {
    guard let root else { return nil }
    let members = try DatasetTree.clip(at: root).map { [$0] } ?? ClipSet(path: root).members
    let clips = try members.map {
      try $0.open(longEdge: validateLongEdge, maximumFrames: validateFrames)
    }
    for clip in clips
    where try !(1..<max(1, clip.frameCount - 1)).contains(where: { try clip.fullTruth($0) != nil })
    {
      throw ValidationError(
        "--validate: expected masks between the first and the last frame of each clip, "
          + "found none of \(clip.name)")
    }
    return Validation(clips: clips)
  }

  /// What of `validation` decides the result of a training: which network is the best, where it may
  /// stop early; nil: nothing. Throws `FileError`, or `ClusterError`.
  func identity(
    of validation: Validation?, in group: any ProcessGroup
  ) throws -> ValidationIdentity? {
    guard patience != nil, let validation else { return nil }
    return ValidationIdentity(
      files: try .of(validation.files, in: group), longEdge: validateLongEdge,
      frames: validateFrames)
  }
}

/// What a score depends on beside the network.
struct ValidationIdentity: Encodable, Sendable {
  /// The files of the clips.
  let files: FileListing
  /// The longer side of frames, where they are scaled down.
  let longEdge: Int?
  /// The most frames of a clip, where not all are used.
  let frames: Int?
}

/// Clips that a model is scored on.
struct Validation {
  /// The clips, all of which have masks to be held against.
  let clips: [Clip]

  /// The files that they are made of.
  var files: [String] { clips.flatMap(\.files) }

  /// The mean of J and the mean of F over all objects of all clips, each over the frames between the
  /// first and the last, as `stm-evaluate` has them by the rules of DAVIS-2017.
  ///
  /// Processes of `group` share the clips. `isStopped` is asked before each frame; once it is so in one
  /// of them, there is no score. Throws what reading and segmenting throw.
  func score(
    _ model: Model, threads: Int?, in group: any ProcessGroup, unless isStopped: () -> Bool
  ) throws -> (region: Double, boundary: Double)? {
    let backend: any Backend =
      model.plan.hasIntegerLayers && !OneDNNBackend.runsIntegers
      ? ReferenceBackend(threads: threads) : try OneDNNBackend(threads: threads)
    let network = try STMModel(model, backend: backend)
    let scores = try group.share(clips) { clips in
      try clips.map { clip in
        try score(clip, network, unless: isStopped)?.map { [$0.region.mean, $0.boundary.mean] }
      }
    }.compactMap(\.self)
    guard scores.count == clips.count else { return nil }
    let objects = scores.flatMap(\.self)
    func mean(_ index: Int) -> Double {
      objects.reduce(0) { $0 + $1[index] } / Double(objects.count)
    }
    return (mean(0), mean(1))
  }

  /// The statistics of each object of `clip`; nil: it was stopped.
  private func score(
    _ clip: Clip, _ model: STMModel, unless isStopped: () -> Bool
  ) throws -> [ScoreSummary]? {
    var session = model.session()
    var scores: [UInt8: [MaskScore]] = [:]
    try session.remember(STMFrame(try clip.picture(0)), clip.firstMask)
    for index in 1..<clip.frameCount - 1 {
      guard !isStopped() else { return nil }
      let found = try session.segment(STMFrame(try clip.picture(index)))
      guard let truth = try clip.fullTruth(index)?.withoutVoid else { continue }
      let mask = clip.size == clip.fullSize ? found.mask : found.scaled(to: clip.fullSize).mask
      for id in clip.objects { scores[id, default: []].append(mask.score(with: truth, id: id)) }
    }
    return clip.objects.compactMap { scores[$0].flatMap { ScoreSummary($0) } }
  }
}
