import Files
import Images

/// The files of a clip's folder, matched by name.
struct ClipListing {
  let frameNames: [String]
  let framePaths: [String]
  let maskPaths: [String?]
  let firstMaskPath: String

  init(frames: String, masks: String, maximumFrames: Int?) throws {
    guard Folder.exists(at: frames) else { throw ClipError.missingFolder(path: frames) }
    let pictures = try Self.pictures(in: frames, extensions: ["jpg", "jpeg", "png"])
    let chosen = pictures.prefix(maximumFrames ?? pictures.count)
    guard let first = chosen.first else { throw ClipError.noFrames(path: frames) }
    guard chosen.count >= 2 else {
      throw ClipError.tooFewFrames(path: frames, found: chosen.count)
    }
    let annotations =
      Folder.exists(at: masks) ? try Self.pictures(in: masks, extensions: ["png"]) : []
    let maskPaths = Dictionary(uniqueKeysWithValues: annotations.map { ($0.name, $0.path) })
    guard let firstMaskPath = maskPaths[first.name] else {
      throw ClipError.noFirstMask(path: "\(masks)/\(first.name).png")
    }
    frameNames = chosen.map(\.name)
    framePaths = chosen.map(\.path)
    self.maskPaths = chosen.map { maskPaths[$0.name] }
    self.firstMaskPath = firstMaskPath
  }

  /// The size that all frames and masks have, by their headers.
  func checkedSize() throws -> ImageSize {
    let expected = try ImageFile.size(framePaths[0])
    for path in framePaths {
      let found = try ImageFile.size(path)
      guard found == expected else {
        throw ClipError.frameSize(path: path, expected: expected, found: found)
      }
    }
    for case let path? in maskPaths {
      let found = try ImageFile.size(path)
      guard found == expected else {
        throw ClipError.maskSize(path: path, expected: expected, found: found)
      }
    }
    return expected
  }

  /// The files in `folder` with one of `extensions`, in the order of their names.
  private static func pictures(
    in folder: String, extensions: Set<String>
  ) throws -> [(name: String, path: String)] {
    var files: [String: String] = [:]
    return try Folder.names(at: folder).compactMap { file in
      guard let dot = file.lastIndex(of: "."), dot > file.startIndex,
        extensions.contains(file[file.index(after: dot)...].lowercased())
      else { return nil }
      let name = String(file[..<dot])
      if let other = files.updateValue(file, forKey: name) {
        throw ClipError.ambiguousName(path: "\(folder)/\(file)", other: other)
      }
      return (name, "\(folder)/\(file)")
    }
  }
}
