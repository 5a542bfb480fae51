public import Files
public import Images

/// What can be wrong with a clip, or with how it is to be segmented.
public enum ClipError: DiagnosticError, Equatable {
  /// What a folder is that was taken for a clip.
  public enum OtherFolder: Sendable, Hashable {
    /// The frames or the masks of the clip at this path.
    case part(of: String)
    /// Pictures.
    case pictures
    /// Clips.
    case clips
  }

  /// The clip's folder, or its folder of frames, is not there.
  case missingFolder(path: String)
  /// A folder has no frames in it where a clip has them.
  case notAClip(path: String, found: OtherFolder)
  /// The clip, or what should be its folder of frames, is a file.
  case notAFolder(path: String)
  /// A folder of clips holds none.
  case noClips(path: String)
  /// A folder of clips holds none of these names; `nearest` are names like each.
  case unknownClips(path: String, names: [String], nearest: [[String]])
  /// A list of names has none.
  case noNames(path: String)
  /// A list of names has a line that is none.
  case notAName(path: String, line: Int, found: String)
  /// What should be a folder of clips is a clip.
  case oneClip(path: String)
  /// The folder of frames holds no picture.
  case noFrames(path: String)
  /// There are too few frames to follow an object.
  case tooFewFrames(path: String, found: Int)
  /// Two pictures have the same name but for their extensions.
  case ambiguousName(path: String, other: String)
  /// The numbers of the frames have a gap.
  case missingFrame(path: String, expected: Int, found: Int)
  /// The first frame has no mask.
  case noFirstMask(path: String)
  /// A frame's size is not that of the first.
  case frameSize(path: String, expected: ImageSize, found: ImageSize)
  /// A mask's size is not that of its frame.
  case maskSize(path: String, expected: ImageSize, found: ImageSize)
  /// The first mask marks no object; `largest` is its largest value that is not void.
  case noObject(path: String, expected: String, largest: UInt8)
  /// Objects are so small that nothing is left of them in a scaled mask.
  case lostObjects(path: String, objects: [UInt8], size: ImageSize, fullSize: ImageSize)
  /// A mask that is there already is not the one that was made.
  case otherMask(path: String)
  /// Some clips of a set could not be segmented, for these reasons.
  case unfinished(count: Int, total: Int, reasons: [String])
  /// A memory policy cannot do with so little.
  case memoryLimit(limit: String, expected: String)

  public var description: String {
    switch self {
    case .missingFolder(let path): "\(path): no such folder"
    case .notAClip(let path, let found):
      "\(path): expected a clip, which is a folder with frames/ and masks/, found "
        + found.description
    case .notAFolder(let path): "\(path): expected a folder of frames, found a file"
    case .noClips(let path): "\(path): expected a folder for each clip, found none"
    case .unknownClips, .unfinished: lines.listed
    case .noNames(let path): "\(path): expected names of sequences, found none"
    case .notAName(let path, let line, let found):
      "\(path): line \(line): expected a name, found '\(found)'"
    case .oneClip(let path): "\(path): expected a folder of clips, found one clip"
    case .noFrames(let path): "\(path): expected .jpg or .png frames, found none"
    case .tooFewFrames(let path, let found): "\(path): expected at least 2 frames, found \(found)"
    case .ambiguousName(let path, let other): "\(path): \(other) has the same name"
    case .missingFrame(let path, let expected, let found):
      "\(path): expected frame number \(expected) next, found \(found)"
    case .noFirstMask(let path): "\(path): expected the mask of the first frame, found none"
    case .frameSize(let path, let expected, let found):
      "\(path): expected a frame of \(expected) pixels as the first, found \(found)"
    case .maskSize(let path, let expected, let found):
      "\(path): expected a mask of \(expected) pixels as its frame, found \(found)"
    case .noObject(let path, let expected, let largest):
      "\(path): mask without an object: expected \(expected), found none above \(largest)"
    case .lostObjects(let path, let objects, let size, let fullSize):
      "\(path): expected a pixel of every object at \(size), found none of "
        + objects.map(String.init).joined(separator: ", ") + ", which are there at \(fullSize)"
    case .otherMask(let path):
      "\(path): expected the mask that this model and these options make, found another"
    case .memoryLimit(let limit, let expected):
      "memory limit: expected at least \(expected), found \(limit)"
    }
  }

  public var lines: [String] {
    switch self {
    case .unknownClips(let path, let names, let nearest):
      Self.unknown(names, nearest, in: path)
    case .unfinished(let count, let total, let reasons):
      ["\(count) of \(total) clips failed:"] + reasons
    default: [description]
    }
  }

  public var fault: Fault {
    switch self {
    case .missingFolder, .notAClip, .notAFolder, .noClips, .unknownClips, .noFrames,
      .noFirstMask:
      .missingInput
    case .memoryLimit, .oneClip: .usage
    default: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .missingFolder, .noFrames, .tooFewFrames:
      "a clip is a folder with frames/00000.jpg, frames/00001.jpg, ... and masks/00000.png"
    case .notAClip(_, .part(let clip)): "name the clip's own folder: \(clip.shellWord)"
    case .notAClip(let path, .pictures):
      "put them into \(path)/frames, and the mask of the first into \(path)/masks; stm-segment "
        + "takes them as they are, with --mask FILE"
    case .notAClip(_, .clips):
      "name one of the clips; for all of them there are --set of stm-segment and --clips of "
        + "stm-verify and stm-train"
    case .notAFolder(let path): Self.fileHint(path)
    case .noClips:
      "a set is a folder of clips, CLIP/frames and CLIP/masks, or JPEGImages/480p and "
        + "Annotations/480p as in DAVIS"
    case .unknownClips: "check the names of the sequences, or choose others"
    case .noNames, .notAName: "write one name a line, as in DAVIS' ImageSets/2017/val.txt"
    case .oneClip: "this is one clip: use --clip"
    case .ambiguousName: "keep one of the two"
    case .missingFrame: "put the missing frames there, or number the frames in equal steps"
    case .noFirstMask(let path): Self.maskHint(path)
    case .frameSize: "scale all frames to one size"
    case .maskSize: "scale the mask to its frame's size, without smoothing"
    case .noObject:
      "save it as an indexed PNG whose palette indices are the objects' ids, or for one object "
        + "as a gray one of 0 and 255"
    case .lostObjects: "scale down less (--long-edge), or take the objects out of the mask"
    case .otherMask:
      "go on with the model and options that made it, or start anew (stm-segment: without --resume)"
    case .unfinished: "repair them and go on with --resume; the others are complete"
    case .memoryLimit:
      "allow more frames or bytes (--memory-limit), or scale frames down (--long-edge)"
    }
  }

  /// Names of no clip at `path`, each with those like it.
  private static func unknown(
    _ names: [String], _ nearest: [[String]], in path: String
  ) -> [String] {
    let lines = zip(names, nearest).map { name, nearest in
      let like = nearest.isEmpty ? "" : ", nearest: \(nearest.joined(separator: ", "))"
      return "expected a clip called '\(name)', found none\(like)"
    }
    return lines.count == 1
      ? ["\(path): \(lines[0])"] : ["\(path): \(lines.count) clips are not there:"] + lines
  }

  /// What to do where the first mask is not at `path`.
  private static func maskHint(_ path: String) -> String {
    let masks = (try? PictureName.masks(in: FilePath.parent(of: path))) ?? []
    let wanted = PictureName(name: FilePath.stem(of: path), path: path)
    guard let number = wanted.number, let other = masks.first(where: { $0.number == number }) else {
      return "draw the objects of the first frame and save the mask under this name"
    }
    return "masks are called like their frames: mv \(other.path.shellWord) \(path.shellWord)"
  }

  /// What to do with a file that was given in place of a folder: a picture, or a video where none
  /// is read.
  private static func fileHint(_ path: String) -> String {
    if (try? ImageFile.size(path)) != nil {
      let folder = FilePath.parent(of: path)
      return "name the clip's folder: \((DatasetTree.clip(of: folder) ?? folder).shellWord)"
    }
    #if FFmpeg
      let use = "stm-segment takes videos, with --mask"
    #else
      let use = "videos need a build with --traits FFmpeg"
    #endif
    return "\(use), or take the frames out first: "
      + "mkdir -p frames && ffmpeg -i \(path.shellWord) frames/%05d.png"
  }
}

extension ClipError.OtherFolder: CustomStringConvertible {
  /// As in messages.
  public var description: String {
    switch self {
    case .part: "a part of one"
    case .pictures: "pictures"
    case .clips: "clips"
    }
  }

  /// What the folder at `path` is; nil: none of these.
  init?(at path: String) {
    if let clip = DatasetTree.clip(of: path) {
      self = .part(of: clip)
    } else if let pictures = try? PictureName.frames(in: path), !pictures.isEmpty {
      self = .pictures
    } else if let tree = try? DatasetTree(path: path),
      tree.withFrames.contains(where: { Folder.exists(at: $0.frames) })
    {
      self = .clips
    } else {
      return nil
    }
  }
}
