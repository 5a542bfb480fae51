public import Files

/// What can keep pictures or videos from being trained on.
public enum TrainingClipsError: DiagnosticError, Equatable {
  /// A clip with too few masks.
  public struct ShortClip: Sendable, Hashable {
    /// The name of the clip.
    public let name: String
    /// The number of its frames that have a mask.
    public let found: Int

    /// The clip `name`, of whose frames `found` have a mask.
    public init(name: String, found: Int) {
      self.name = name
      self.found = found
    }
  }

  /// The sides of the frames are not multiples of 16.
  case size(height: Int, width: Int)
  /// Settings that make no sense.
  case settings([String])
  /// A folder of images holds none.
  case noImages(path: String)
  /// Images without a mask, and masks without an image, by the names of their files.
  case unpaired(images: String, masks: String, withoutMask: [String], withoutImage: [String])
  /// Masks that mark no object.
  case noObjects(paths: [String])
  /// A folder of cut-outs holds none.
  case noCutOuts(path: String)
  /// Pictures without alpha, or with nothing that is more than half opaque, in place of cut-outs.
  case notCutOuts(paths: [String])
  /// A folder of backgrounds holds none.
  case noBackgrounds(path: String)
  /// Pictures or clips of a folder that cannot be used, for these reasons.
  case unusable(path: String, reasons: [String])
  /// There is no clip.
  case noClips
  /// Clips of whose frames fewer than three have a mask.
  case tooFewMasks([ShortClip])
  /// An object of the picture or clip did not come into view, however often it was tried.
  case objectNotInView(path: String, attempts: Int)

  public var description: String {
    switch self {
    case .size(let height, let width):
      "size of the frames: expected multiples of 16, found \(height)x\(width)"
    case .noImages(let path): "\(path): expected .jpg or .png images, found none"
    case .noCutOuts(let path): "\(path): expected .png cut-outs, found none"
    case .noBackgrounds(let path): "\(path): expected .jpg or .png backgrounds, found none"
    case .noClips: "expected at least one clip to train on, found none"
    case .objectNotInView(let path, let attempts):
      "\(path): expected an object that can be brought into view, found none in \(attempts) attempts"
    default: lines.listed
    }
  }

  public var lines: [String] {
    switch self {
    case .settings(let problems): ["settings of the clips:"] + problems
    case .unpaired(let images, let masks, let withoutMask, let withoutImage):
      ["\(images) and \(masks): expected a mask for each image and an image for each mask:"]
        + withoutMask.map { "\($0): no mask" } + withoutImage.map { "\($0): no image" }
    case .noObjects(let paths): ["masks without objects:"] + paths
    case .notCutOuts(let paths):
      ["expected cut-outs that are opaque somewhere, found others:"] + paths
    case .unusable(let path, let reasons):
      ["\(path): \(reasons.count) that cannot be trained on:"] + reasons
    case .tooFewMasks(let clips):
      ["expected at least 3 frames with masks:"] + clips.map { "\($0.name): found \($0.found)" }
    default: [description]
    }
  }

  public var fault: Fault {
    switch self {
    case .size, .settings, .noClips: .usage
    case .noImages, .noCutOuts, .noBackgrounds: .missingInput
    case .unpaired, .noObjects, .notCutOuts, .unusable, .tooFewMasks, .objectNotInView:
      .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .size: "choose a size such as 384x384 or 144x144"
    case .settings: "change the settings named"
    case .noImages: "name a folder of pictures, and one of masks with the same names"
    case .unpaired: "give image and mask the same name but for the extension, or take them away"
    case .noObjects:
      "use indexed PNGs with ids from 1, or gray ones in which the object is above 127"
    case .noCutOuts, .notCutOuts: "save cut-outs as PNGs whose background is transparent"
    case .noBackgrounds: "name a folder of pictures that show none of the objects"
    case .unusable: "repair these, or take them away"
    case .noClips: "name a set of clips laid out as DAVIS or YouTube-VOS are"
    case .tooFewMasks: "leave these clips out, or draw the masks of more frames"
    case .objectNotInView: "take it away, or make the crops and the least area smaller"
    }
  }
}

/// The message of `error`, in one line.
func message(of error: any Error) -> String {
  (error as? any DiagnosticError)?.description ?? "\(error)"
}
