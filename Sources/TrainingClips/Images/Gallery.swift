import Evaluation
import Foundation
import Images
import Segmentation

/// The pictures that clips are made of, all checked: which show objects and where, and which can be
/// backgrounds.
struct Gallery: Sendable {
  /// A picture.
  struct Picture: Sendable, Equatable {
    /// Its file.
    let path: String
    /// The file of its mask; nil: a cut-out, or a background.
    var maskPath: String?
    /// The size of it.
    let size: ImageSize
    /// The objects that it shows.
    let outlines: [ObjectOutline]
  }

  /// The pictures.
  let pictures: [Picture]
  /// The numbers of those that show objects.
  let withObjects: [Int]
  /// The numbers of those that are backgrounds.
  let backgrounds: [Int]

  /// Images, and masks of the same names, which are all read.
  ///
  /// Throws ``TrainingClipsError``, `ClipError` or `FileError`.
  init(images: String, masks: String) throws {
    let (imageNames, maskNames) = (
      try PictureName.frames(in: images), try PictureName.masks(in: masks)
    )
    guard !imageNames.isEmpty else { throw TrainingClipsError.noImages(path: images) }
    let maskPaths = Dictionary(uniqueKeysWithValues: maskNames.map { ($0.name, $0.path) })
    let names = Set(imageNames.map(\.name))
    let withoutMask = imageNames.filter { maskPaths[$0.name] == nil }
    let withoutImage = maskNames.filter { !names.contains($0.name) }
    guard withoutMask.isEmpty && withoutImage.isEmpty else {
      throw TrainingClipsError.unpaired(
        images: images, masks: masks, withoutMask: withoutMask.map(\.path),
        withoutImage: withoutImage.map(\.path))
    }
    pictures = try Self.checked(imageNames, in: images) { image in
      guard let maskPath = maskPaths[image.name] else { preconditionFailure("no mask") }
      let size = try ImageFile.size(image.path)
      let mask = try ObjectMask(contentsOf: maskPath)
      guard mask.size == size else {
        throw ClipError.maskSize(path: maskPath, expected: size, found: mask.size)
      }
      return Picture(
        path: image.path, maskPath: maskPath, size: size, outlines: ObjectOutline.all(in: mask))
    }
    let empty = pictures.filter(\.outlines.isEmpty)
    guard empty.isEmpty else {
      throw TrainingClipsError.noObjects(paths: empty.compactMap(\.maskPath))
    }
    withObjects = Array(pictures.indices)
    backgrounds = withObjects
  }

  /// Cut-outs, which are all read, and backgrounds.
  ///
  /// Throws ``TrainingClipsError``, `ClipError` or `FileError`.
  init(cutOuts: String, backgrounds: String) throws {
    let (cutOutNames, backgroundNames) = (
      try PictureName.masks(in: cutOuts), try PictureName.frames(in: backgrounds)
    )
    guard !cutOutNames.isEmpty else { throw TrainingClipsError.noCutOuts(path: cutOuts) }
    guard !backgroundNames.isEmpty else {
      throw TrainingClipsError.noBackgrounds(path: backgrounds)
    }
    let objects = try Self.checked(cutOutNames, in: cutOuts) { name in
      let cutOut: RGBAImage
      do { cutOut = try ImageFile.readRGBA(name.path) } catch ImageError.noAlpha {
        return Picture(path: name.path, size: try ImageFile.size(name.path), outlines: [])
      }
      let outline = ObjectOutline.opaque(in: cutOut)
      return Picture(path: name.path, size: cutOut.size, outlines: outline.map { [$0] } ?? [])
    }
    let empty = objects.filter(\.outlines.isEmpty)
    guard empty.isEmpty else {
      throw TrainingClipsError.notCutOuts(paths: empty.map(\.path))
    }
    let plain = try Self.checked(backgroundNames, in: backgrounds) { name in
      Picture(path: name.path, size: try ImageFile.size(name.path), outlines: [])
    }
    pictures = objects + plain
    withObjects = Array(objects.indices)
    self.backgrounds = Array(objects.count..<pictures.count)
  }

  /// What `check` makes of each of `names`; where it throws for some, throws
  /// ``TrainingClipsError/unusable(path:reasons:)`` with all reasons.
  private static func checked(
    _ names: [PictureName], in folder: String,
    _ check: @Sendable (PictureName) throws -> Picture
  ) throws -> [Picture] {
    let threads = ProcessInfo.processInfo.activeProcessorCount
    let results = concurrentMap(names, threads: threads) { name in Result { try check(name) } }
    var (pictures, reasons): ([Picture], [String]) = ([], [])
    for result in results {
      switch result {
      case .success(let picture): pictures.append(picture)
      case .failure(let error): reasons.append(message(of: error))
      }
    }
    guard reasons.isEmpty else {
      throw TrainingClipsError.unusable(path: folder, reasons: reasons)
    }
    return pictures
  }
}
