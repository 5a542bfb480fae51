import CommandSupport
import Files
import Images
import NumpyFiles
import STM
import Segmentation
import Tensors

/// The folders that the results of a clip go to.
struct ClipOutput {
  /// For indexed masks.
  let masks: String
  /// For frames with their masks on them; nil: not wanted.
  let overlays: String?
  /// For probabilities; nil: not wanted.
  let probabilities: String?
  /// Whether results keep the size that frames were scaled to.
  let keepsScale: Bool

  /// The same within the folder of a clip called `name`.
  func within(_ name: String) -> ClipOutput {
    ClipOutput(
      masks: "\(masks)/\(name)", overlays: overlays.map { "\($0)/\(name)" },
      probabilities: probabilities.map { "\($0)/\(name)" }, keepsScale: keepsScale)
  }

  /// All folders.
  var folders: [String] { [masks] + [overlays, probabilities].compactMap { $0 } }

  /// The same, with the options that named them.
  var options: [(option: String, path: String?)] {
    [("--output", masks), ("--overlay", overlays), ("--probabilities", probabilities)]
  }

  /// Where a run that a signal stopped leaves what it remembers.
  var sessionPath: String { "\(masks)/.session.safetensors" }

  /// Where the mask of the frame called `name` goes.
  func maskPath(_ name: String) -> String { "\(masks)/\(name).png" }

  private func overlayPath(_ name: String) -> String? { overlays.map { "\($0)/\(name).png" } }

  private func probabilitiesPath(_ name: String) -> String? {
    probabilities.map { "\($0)/\(name).npz" }
  }

  /// Checks that no result of `clip` takes the place of one of `inputs`, and that none goes where a
  /// symbolic link leads: people name the folders of results, not what is in them.
  ///
  /// Throws `FileError` or `ValidationError`, before anything is written.
  func check(_ clip: Clip, against inputs: [String?]) throws {
    let results = clip.frameNames.flatMap { name in
      [maskPath(name), overlayPath(name), probabilitiesPath(name)].compactMap { $0 }
    }
    for path in results + [sessionPath] where FilePath.exists(path) || FilePath.isLink(path) {
      guard !FilePath.isLink(path) else {
        throw FileError.cannotCreate(
          path: path, reason: "expected a file of its own, found a symbolic link")
      }
      try Outputs.check([("--output", path)], against: inputs)
    }
  }

  /// How many of the first frames of `clip` the run of this `origin` has finished: masks say which run
  /// made them, and are written last.
  func writtenCount(of clip: Clip, _ origin: String) -> Int {
    let unfinished = clip.frameNames.firstIndex { name in
      let others = [overlayPath(name), probabilitiesPath(name)].compactMap { $0 }
      return !others.allSatisfy(FilePath.exists)
        || (try? ImageFile.software(of: maskPath(name))) != origin
    }
    return unfinished ?? clip.frameCount
  }

  /// Writes what the run of this `origin` found for frame `index` of `clip`. Throws `FileError` or
  /// `ImageError`.
  func write(
    _ segmentation: STMSegmentation, _ clip: Clip, _ index: Int, _ origin: String
  ) throws {
    let name = clip.frameNames[index]
    let mask = try mask(of: segmentation, clip, index)
    if let path = probabilitiesPath(name) {
      let found = keepsScale ? segmentation : segmentation.scaled(to: clip.fullSize)
      try write(found.probabilities, of: found.objects, to: path)
    }
    if let path = overlayPath(name) {
      let image = try clip.image(index)
      try ImageFile.writeRGB(
        image.resized(to: keepsScale ? clip.size : clip.fullSize)
          .overlaid(with: mask, palette: clip.palette),
        to: path)
    }
    try ImageFile.writeMask(image(of: mask, clip), software: origin, to: maskPath(name))
  }

  /// Checks that the mask of frame `index` that is there is the one that was found.
  ///
  /// Throws `ClipError.otherMask`, `FileError` or `ImageError`.
  func check(_ segmentation: STMSegmentation, _ clip: Clip, _ index: Int) throws {
    let path = maskPath(clip.frameNames[index])
    guard
      try ImageFile.readMask(path) == image(of: try mask(of: segmentation, clip, index), clip)
    else { throw ClipError.otherMask(path: path) }
  }

  private func image(of mask: ObjectMask, _ clip: Clip) -> MaskImage {
    MaskImage(size: mask.size, values: mask.ids, palette: clip.palette)
  }

  /// The mask in the size in which it is written; that of the first frame is the given one.
  private func mask(
    of segmentation: STMSegmentation, _ clip: Clip, _ index: Int
  ) throws -> ObjectMask {
    guard !keepsScale, clip.size != clip.fullSize else { return segmentation.mask }
    if index == 0, let given = try clip.fullTruth(0) { return given.withoutVoid }
    return segmentation.scaled(to: clip.fullSize).mask
  }

  private func write(_ probabilities: FloatTensor, of objects: [UInt8], to path: String) throws {
    let (count, height, width) = (
      probabilities.shape[0], probabilities.shape[2], probabilities.shape[3]
    )
    let values = FloatTensor(shape: [count, height, width], values: probabilities.values)
    guard let halves = Tensor(values, as: .float16) else { preconditionFailure("no binary16") }
    try NumpyFile.write(
      try TensorArchive([
        TensorArchive.Entry(name: "probability", tensor: halves),
        TensorArchive.Entry(
          name: "id",
          tensor: Tensor(bitPatterns: [0] + objects, elementType: .uint8, shape: [count])),
      ]), to: path)
  }
}
