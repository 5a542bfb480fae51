import Images

/// Frames that are the pictures in a folder, in the order of their numbers or names.
struct FrameFolder: FrameSource {
  let names: [String]
  let size: ImageSize
  let paths: [String]

  /// The first `maximumFrames` pictures in `folder`, at least 2 of one size by their headers and
  /// without a gap in their numbers. Throws ``ClipError``, `FileError` or `ImageError`.
  init(path folder: String, maximumFrames: Int?) throws {
    let all = try PictureName.frames(in: folder)
    let chosen = Array(all.prefix(maximumFrames ?? all.count))
    guard !chosen.isEmpty else { throw ClipError.noFrames(path: folder) }
    guard chosen.count >= 2 else {
      throw ClipError.tooFewFrames(path: folder, found: chosen.count)
    }
    try Self.checkNumbers(chosen)
    names = chosen.map(\.name)
    paths = chosen.map(\.path)
    size = try ImageFile.size(paths[0])
    for path in paths { try check(try ImageFile.size(path), of: path) }
  }

  func image(_ index: Int) throws -> RGBImage {
    let image = try ImageFile.readRGB(paths[index])
    try check(image.size, of: paths[index])
    return image
  }

  private func check(_ found: ImageSize, of path: String) throws(ClipError) {
    guard found == size else { throw .frameSize(path: path, expected: size, found: found) }
  }

  /// Checks that numbers go up in one step, which is 5 in YouTube-VOS; names without numbers may be
  /// anything.
  private static func checkNumbers(_ frames: [PictureName]) throws(ClipError) {
    let numbers = frames.map(\.number)
    let steps = zip(numbers, numbers.dropFirst()).map { first, second -> Int? in
      guard let first, let second, second >= first else { return nil }
      return second - first
    }
    guard steps.allSatisfy({ $0 != nil }),
      let step = steps.compactMap({ $0 }).filter({ $0 > 0 }).min()
    else { return }
    for (index, found) in steps.enumerated() where found != step {
      throw .missingFrame(
        path: frames[index + 1].path, expected: (numbers[index] ?? 0) + step,
        found: numbers[index + 1] ?? 0)
    }
  }
}
