public import Files
public import Images

/// What can be wrong with a clip's folder.
public enum ClipError: DiagnosticError, Equatable {
  /// The clip's folder, or its folder of frames, is not there.
  case missingFolder(path: String)
  /// A folder of clips holds none.
  case noClips(path: String)
  /// The folder of frames holds no picture.
  case noFrames(path: String)
  /// There are too few frames to follow an object.
  case tooFewFrames(path: String, found: Int)
  /// Two pictures have the same name but for their extensions.
  case ambiguousName(path: String, other: String)
  /// The first frame has no mask.
  case noFirstMask(path: String)
  /// A frame's size is not that of the first.
  case frameSize(path: String, expected: ImageSize, found: ImageSize)
  /// A mask's size is not that of its frame.
  case maskSize(path: String, expected: ImageSize, found: ImageSize)
  /// The first mask marks no object; `largest` is its largest value that is not void.
  case noObject(path: String, expected: String, largest: UInt8)

  public var description: String {
    switch self {
    case .missingFolder(let path): "\(path): no such folder"
    case .noClips(let path): "\(path): expected a folder for each clip, found none"
    case .noFrames(let path): "\(path): expected .jpg or .png frames, found none"
    case .tooFewFrames(let path, let found): "\(path): expected at least 2 frames, found \(found)"
    case .ambiguousName(let path, let other): "\(path): \(other) has the same name"
    case .noFirstMask(let path): "\(path): expected the mask of the first frame, found none"
    case .frameSize(let path, let expected, let found):
      "\(path): expected a frame of \(expected) pixels as the first, found \(found)"
    case .maskSize(let path, let expected, let found):
      "\(path): expected a mask of \(expected) pixels as its frame, found \(found)"
    case .noObject(let path, let expected, let largest):
      "\(path): mask without an object: expected \(expected), found none above \(largest)"
    }
  }

  public var fault: Fault {
    switch self {
    case .missingFolder, .noClips, .noFrames, .noFirstMask: .missingInput
    default: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .missingFolder, .noFrames, .tooFewFrames:
      "a clip is a folder with frames/00000.jpg, frames/00001.jpg, ... and masks/00000.png"
    case .noClips:
      "a set is a folder of clips, CLIP/frames and CLIP/masks, or JPEGImages/480p and "
        + "Annotations/480p as in DAVIS"
    case .ambiguousName: "keep one of the two"
    case .noFirstMask: "draw the objects of the first frame and save the mask under this name"
    case .frameSize: "scale all frames to one size"
    case .maskSize: "scale the mask to its frame's size, without smoothing"
    case .noObject:
      "use an indexed PNG with ids from 1, or a gray one in which 255 is the object"
    }
  }
}
