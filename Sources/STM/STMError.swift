public import Files
public import Images

/// What can be wrong with what a session is given.
public enum STMError: DiagnosticError, Equatable {
  /// A frame or mask has an impossible size.
  case impossibleSize(noun: String, width: Int, height: Int)
  /// There are fewer bytes than the size of a frame needs.
  case tooFewBytes(noun: String, expected: Int, found: Int)
  /// A frame's size is not that of the first.
  case frameSize(expected: ImageSize, found: ImageSize)
  /// A mask's size is not that of its frame.
  case maskSize(expected: ImageSize, found: ImageSize)
  /// The first mask has no object.
  case noObject
  /// A frame is to be segmented before any object is known.
  case nothingRemembered
  /// A saved session is one of another model, policy or read.
  case otherSession(path: String, noun: String, expected: String, found: String)
  /// A saved session lacks a tensor, or it does not fit.
  case damagedSession(path: String, tensor: String)

  public var description: String {
    switch self {
    case .impossibleSize(let noun, let width, let height):
      "\(noun): expected 1 to \(ImageSize.maximumSide) pixels a side, found \(width)x\(height)"
    case .tooFewBytes(let noun, let expected, let found):
      "\(noun): expected at least \(expected) bytes, found \(found)"
    case .frameSize(let expected, let found):
      "frame: expected \(expected) pixels as the first, found \(found)"
    case .maskSize(let expected, let found):
      "mask: expected \(expected) pixels as its frame, found \(found)"
    case .noObject: "mask: expected an object with an id from 1 to 254, found none"
    case .nothingRemembered:
      "session: expected a mask before the first frame to segment, found none"
    case .otherSession(let path, let noun, let expected, let found):
      "\(path): expected a session of \(noun) \(expected), found \(found)"
    case .damagedSession(let path, let tensor):
      "\(path): saved session: expected a tensor '\(tensor)' that fits, found none"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .impossibleSize, .tooFewBytes:
      "pass width, height, bytesPerRow and the order of colours as the buffer has them"
    case .frameSize: "begin a session for every size, or scale the frames to one"
    case .maskSize: "scale the mask to its frame's size, without smoothing"
    case .noObject: "ids are 0 for the background, from 1 for objects, 255 for undecided pixels"
    case .nothingRemembered: "call remember with the first frame and its mask"
    case .otherSession: "go on with the model and the options that it was saved with, or remove it"
    case .damagedSession: "remove the file; without it the session begins anew"
    }
  }
}
