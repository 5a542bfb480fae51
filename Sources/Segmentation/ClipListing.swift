import Files
import Images

/// The files of a clip's folder, matched by name.
struct ClipListing {
  let frameNames: [String]
  let framePaths: [String]
  let maskPaths: [String?]
  let firstMaskPath: String

  /// The frames in `frames` and those of their masks in `masks` that are there.
  init(frames: String, masks: String, maximumFrames: Int?) throws {
    let chosen = try Self.frames(in: frames, maximumFrames: maximumFrames)
    let annotations =
      Folder.exists(at: masks) ? try Self.pictures(in: masks, extensions: ["png"]) : []
    let maskPaths = Dictionary(uniqueKeysWithValues: annotations.map { ($0.name, $0.path) })
    guard let firstMaskPath = maskPaths[chosen[0].name] else {
      throw ClipError.noFirstMask(path: "\(masks)/\(chosen[0].name).png")
    }
    self.init(chosen, maskPaths: chosen.map { maskPaths[$0.name] }, firstMaskPath: firstMaskPath)
  }

  /// The frames in `frames`, and the mask `firstMask` of the first.
  init(frames: String, firstMask: String, maximumFrames: Int?) throws {
    let chosen = try Self.frames(in: frames, maximumFrames: maximumFrames)
    self.init(
      chosen, maskPaths: [firstMask] + chosen.dropFirst().map { _ in nil },
      firstMaskPath: firstMask)
  }

  private init(_ frames: [Picture], maskPaths: [String?], firstMaskPath: String) {
    frameNames = frames.map(\.name)
    framePaths = frames.map(\.path)
    self.maskPaths = maskPaths
    self.firstMaskPath = firstMaskPath
  }

  /// The first `maximumFrames` pictures in `folder`, at least 2 without a gap in their numbers.
  private static func frames(in folder: String, maximumFrames: Int?) throws -> [Picture] {
    precondition(maximumFrames ?? 0 >= 0, "a limit below 0")
    guard Folder.exists(at: folder) else { throw ClipError.missingFolder(path: folder) }
    let all = try pictures(in: folder, extensions: ["jpg", "jpeg", "png"])
    let chosen = Array(all.prefix(maximumFrames ?? all.count))
    guard !chosen.isEmpty else { throw ClipError.noFrames(path: folder) }
    guard chosen.count >= 2 else {
      throw ClipError.tooFewFrames(path: folder, found: chosen.count)
    }
    try checkNumbers(chosen)
    return chosen
  }

  /// Checks that numbers go up in one step, which is 5 in YouTube-VOS; names without numbers may be
  /// anything.
  private static func checkNumbers(_ frames: [Picture]) throws(ClipError) {
    let numbers = frames.map(\.number)
    let steps = zip(numbers, numbers.dropFirst()).map { first, second -> Int? in
      guard let first, let second, second > first else { return nil }
      return second - first
    }
    guard let step = steps.compactMap({ $0 }).min(), steps.allSatisfy({ $0 != nil }) else { return }
    for (index, found) in steps.enumerated() where found != step {
      throw .missingFrame(
        path: frames[index + 1].path, expected: (numbers[index] ?? 0) + step,
        found: numbers[index + 1] ?? 0)
    }
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
  ) throws -> [Picture] {
    var files: [String: String] = [:]
    return try Folder.names(at: folder).compactMap { file in
      guard let dot = file.lastIndex(of: "."), dot > file.startIndex,
        extensions.contains(file[file.index(after: dot)...].lowercased())
      else { return nil }
      let name = String(file[..<dot])
      if let other = files.updateValue(file, forKey: name) {
        throw ClipError.ambiguousName(path: "\(folder)/\(file)", other: other)
      }
      return Picture(name: name, path: "\(folder)/\(file)")
    }
  }
}

/// A picture's name without its extension, and where it is.
private struct Picture {
  let name: String
  let path: String

  /// The number that the name ends in; nil: it ends in none.
  var number: Int? {
    Int(name.suffix(while: { $0.isASCII && $0.isNumber }))
  }
}

extension String {
  /// The longest end of which all characters fit.
  fileprivate func suffix(while fits: (Character) -> Bool) -> Substring {
    self[(lastIndex { !fits($0) }.map { index(after: $0) } ?? startIndex)...]
  }
}
