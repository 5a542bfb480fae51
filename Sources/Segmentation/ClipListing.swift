import Files
import Images

/// The frames of a clip and the files of their masks, matched by name.
struct ClipListing {
  let frames: any FrameSource
  let maskPaths: [String?]
  let firstMaskPath: String

  /// The frames in the folder `frames` and those of their masks in `masks` that are there.
  init(frames: String, masks: String, maximumFrames: Int?) throws {
    let source = try Self.source(at: frames, maximumFrames: maximumFrames)
    let annotations =
      Folder.exists(at: masks) ? try PictureName.masks(in: masks) : []
    let maskPaths = Dictionary(uniqueKeysWithValues: annotations.map { ($0.name, $0.path) })
    guard let firstMaskPath = maskPaths[source.names[0]] else {
      throw ClipError.noFirstMask(path: "\(masks)/\(source.names[0]).png")
    }
    try self.init(
      source, maskPaths: source.names.map { maskPaths[$0] }, firstMaskPath: firstMaskPath)
  }

  /// The frames in the folder or video `frames`, and the mask `firstMask` of the first.
  init(frames: String, firstMask: String, maximumFrames: Int?) throws {
    _ = try ImageFile.size(firstMask)
    let source = try Self.source(at: frames, maximumFrames: maximumFrames)
    try self.init(
      source, maskPaths: [firstMask] + source.names.dropFirst().map { _ in nil },
      firstMaskPath: firstMask)
  }

  /// Checks the size of every mask by its header.
  private init(
    _ frames: any FrameSource, maskPaths: [String?], firstMaskPath: String
  ) throws {
    for case let path? in maskPaths {
      let found = try ImageFile.size(path)
      guard found == frames.size else {
        throw ClipError.maskSize(path: path, expected: frames.size, found: found)
      }
    }
    self.frames = frames
    self.maskPaths = maskPaths
    self.firstMaskPath = firstMaskPath
  }

  private static func source(at path: String, maximumFrames: Int?) throws -> any FrameSource {
    precondition(maximumFrames ?? 0 >= 0, "a limit below 0")
    if Folder.exists(at: path) {
      return try FrameFolder(path: path, maximumFrames: maximumFrames)
    }
    guard FilePath.exists(path) else { throw ClipError.missingFolder(path: path) }
    #if FFmpeg
      return try FrameVideo(path: path, maximumFrames: maximumFrames)
    #else
      throw ClipError.notAFolder(path: path)
    #endif
  }
}
