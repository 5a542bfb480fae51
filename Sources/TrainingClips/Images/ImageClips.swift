import Segmentation
import Tensors
public import Training

/// Clips of three frames that are made of single pictures, for the first stage of a training (Oh et
/// al., ICCV 2019, section 3.5).
///
/// One to three objects are put onto a background and moved over the frames, each by itself: turned,
/// scaled, sheared, shifted, bent by a thin-plate spline, changed in colour, blurred, and now and then
/// covered. Objects are cut out by their masks, with edges as smooth as those of the picture in the
/// frame's size; where they are more than half opaque is their mask. The first object may be at its
/// place in its own picture: then the hole that it leaves as it moves is filled with colours from around
/// it. Void pixels of masks are filled likewise.
public struct ImageClips: FileClips {
  /// How often an object is tried to be brought into view.
  static let attempts = 20

  private let settings: ImageClipSettings
  private let seed: UInt64
  private let gallery: Gallery
  private let cache: PictureCache<Int, PreparedPicture>

  /// Clips of the images in the folder `images` and the masks of the same names in `masks`, indexed or
  /// gray as `Clip` reads them, all of which are read to check them.
  ///
  /// Pictures are kept in memory up to `cacheBytes`. Throws ``TrainingClipsError``, `ClipError` or
  /// `FileError`.
  public init(
    images: String, masks: String, settings: ImageClipSettings, seed: UInt64,
    cacheBytes: Int = 1 << 30
  ) throws {
    try settings.check()
    try self.init(Gallery(images: images, masks: masks), settings, seed, cacheBytes)
  }

  /// Clips of the cut-outs in the folder `cutOuts`, PNGs with alpha, all of which are read to check
  /// them, and the pictures in `backgrounds`.
  ///
  /// Pictures are kept in memory up to `cacheBytes`. Throws ``TrainingClipsError``, `ClipError` or
  /// `FileError`.
  public init(
    cutOuts: String, backgrounds: String, settings: ImageClipSettings, seed: UInt64,
    cacheBytes: Int = 1 << 30
  ) throws {
    try settings.check()
    try self.init(
      Gallery(cutOuts: cutOuts, backgrounds: backgrounds), settings, seed, cacheBytes)
  }

  private init(
    _ gallery: Gallery, _ settings: ImageClipSettings, _ seed: UInt64, _ cacheBytes: Int
  ) {
    self.gallery = gallery
    self.settings = settings
    self.seed = seed
    cache = PictureCache(limit: cacheBytes)
  }

  /// The number of pictures that show objects.
  public var count: Int { gallery.withObjects.count }

  public var files: [String] {
    gallery.pictures.flatMap { [$0.path, $0.maskPath].compactMap(\.self) }
  }

  /// The clip at `position` of the batch of `step`, drawn from the seed and these two alone.
  ///
  /// Every object has ``ImageClipSettings/leastArea`` in the first frame. Where that does not come
  /// about, it is tried again with the numbers that follow, the second half of the times with one object
  /// that nothing covers. Throws `FileError`, `ImageError` or
  /// ``TrainingClipsError/objectNotInView(path:attempts:)``.
  public func clip(step: Int, position: Int) throws -> TrainingClip {
    var random = SplitMix64(seed: seed, step: step, position: position)
    let primary = random.element(of: gallery.withObjects)
    let maker = SceneMaker(settings: settings, gallery: gallery) { try prepared($0) }
    for attempt in 0..<Self.attempts {
      let isSimple = 2 * attempt >= Self.attempts
      let count = isSimple ? 1 : random.integer(in: 1...settings.maximumObjects)
      let layers = try maker.layers(
        primary: primary, count: count, isCovered: !isSimple, random: &random)
      let (first, mask) = painted(layers, frame: 0)
      guard isInView(mask, count: count) else { continue }
      let rest = (1..<TrainingClip.frameCount).map { painted(layers, frame: $0) }
      return TrainingClip(
        frames: [first] + rest.map(\.frame), masks: [mask] + rest.map(\.mask), objectCount: count,
        source: gallery.pictures[primary].path)
    }
    throw TrainingClipsError.objectNotInView(
      path: gallery.pictures[primary].path, attempts: Self.attempts)
  }

  /// What `layers` look like in `frame`, from behind, and which object is where.
  private func painted(_ layers: [Layer], frame: Int) -> (frame: FloatTensor, mask: ObjectMask) {
    let (width, height) = (settings.width, settings.height)
    var canvas = Canvas(Region(width: width, height: height))
    var ids = [UInt8](repeating: 0, count: width * height)
    for layer in layers {
      guard let part = layer.canvas(in: frame, width: width, height: height) else { continue }
      canvas.cover(with: part, id: layer.id, ids: &ids)
    }
    return (canvas.planes, ObjectMask(width: width, height: height, ids: ids))
  }

  private func isInView(_ mask: ObjectMask, count: Int) -> Bool {
    let least = max(settings.leastArea * Double(settings.width * settings.height), 1)
    let outlines = ObjectOutline.all(in: mask)
    return outlines.count == count && outlines.allSatisfy { Double($0.pixelCount) >= least }
  }

  private func prepared(_ index: Int) throws -> PreparedPicture {
    try cache.value(for: index) {
      let picture = try PreparedPicture(
        gallery.pictures[index], width: settings.width, height: settings.height,
        largestObject: settings.objectSize.upperBound * Double(min(settings.width, settings.height))
      )
      return (picture, picture.byteCount)
    }
  }
}
