import Evaluation
import Foundation
import Images
public import Segmentation
import Tensors
public import Training

/// Clips of three frames of videos with masks, for the second stage of a training (Oh et al., ICCV
/// 2019, section 3.5).
///
/// Only frames with masks are trained on: every frame of DAVIS, every fifth of YouTube-VOS. The three are
/// in order, with a number of these left out between them that a ``SkipSchedule`` limits; clips that are
/// too short for it leave out fewer. All three show the same part of the video, in which there is an
/// object in the first; it may leave. Void pixels stay void.
public struct VideoClips: FileClips {
  /// How often an object is tried to be brought into view.
  static let attempts = 50

  private struct FrameKey: Hashable {
    let clip: Int
    let frame: Int
  }

  private struct Frame {
    let pixels: PixelPyramid
    let mask: ObjectMask
  }

  private let clips: [Clip]
  private let settings: VideoClipSettings
  private let seed: UInt64
  private let cache: PictureCache<FrameKey, Frame>

  /// Clips of the videos `clips`, whose frames must not be scaled.
  ///
  /// Frames are kept in memory up to `cacheBytes`. Throws ``TrainingClipsError``.
  public init(
    clips: [Clip], settings: VideoClipSettings, seed: UInt64, cacheBytes: Int = 1 << 30
  ) throws {
    try settings.check()
    guard !clips.isEmpty else { throw TrainingClipsError.noClips }
    let short = clips.filter { $0.truthFrames.count < TrainingClip.frameCount }
    guard short.isEmpty else {
      throw TrainingClipsError.tooFewMasks(
        short.map { TrainingClipsError.ShortClip(name: $0.name, found: $0.truthFrames.count) })
    }
    self.clips = clips
    self.settings = settings
    self.seed = seed
    cache = PictureCache(limit: cacheBytes)
  }

  /// Clips of the videos of `set`, the sizes of whose files are all read to check them.
  ///
  /// Throws as ``init(clips:settings:seed:cacheBytes:)`` does, with all that cannot be opened.
  public init(
    _ set: ClipSet, settings: VideoClipSettings, seed: UInt64, cacheBytes: Int = 1 << 30
  ) throws {
    try settings.check()
    let threads = ProcessInfo.processInfo.activeProcessorCount
    let results = concurrentMap(set.members, threads: threads) { member in
      Result { try member.open() }
    }
    let reasons = results.compactMap { result -> String? in
      if case .failure(let error) = result { message(of: error) } else { nil }
    }
    guard reasons.isEmpty else {
      throw TrainingClipsError.unusable(path: set.path, reasons: reasons)
    }
    try self.init(
      clips: results.map { try $0.get() }, settings: settings, seed: seed, cacheBytes: cacheBytes)
  }

  public var files: [String] { clips.flatMap(\.files) }

  /// The clip at `position` of the batch of `step`, drawn from the seed and these two alone.
  ///
  /// Throws `FileError`, `ImageError`, `ClipError` or
  /// ``TrainingClipsError/objectNotInView(path:attempts:)``.
  public func clip(step: Int, position: Int) throws -> TrainingClip {
    var random = SplitMix64(seed: seed, step: step, position: position)
    let index = random.integer(in: 0...clips.count - 1)
    for _ in 0..<Self.attempts {
      let chosen = chosenFrames(of: clips[index], step: step, &random)
      let first = try frame(index, chosen[0])
      guard let window = window(into: first.mask, &random) else { continue }
      let place = window.place(width: settings.width)
      let objects = visibleObjects(of: shown(first.mask, place), &random)
      guard !objects.isEmpty else { continue }
      let color = settings.color.change(&random).matrix
      let frames = try chosen.map { try frame(index, $0) }
      return TrainingClip(
        frames: frames.map { picture(of: $0.pixels, place, color) },
        masks: frames.map { shown($0.mask, place).renumbered(objects) },
        objectCount: objects.count,
        source: clips[index].name + " "
          + chosen.map { clips[index].frameNames[$0] }.joined(separator: ", "))
    }
    throw TrainingClipsError.objectNotInView(path: clips[index].name, attempts: Self.attempts)
  }

  /// Three frames with masks, in order.
  private func chosenFrames(
    of clip: Clip, step: Int, _ random: inout SplitMix64
  ) -> [Int] {
    let frames = clip.truthFrames
    let spare = frames.count - TrainingClip.frameCount
    let largest = settings.skip.largestSkip(at: step)
    let one = random.integer(in: 0...min(largest, spare))
    let other = random.integer(in: 0...min(largest, spare - one))
    let (skip, next) = random.uniform() < 0.5 ? (one, other) : (other, one)
    let first = random.integer(in: 0...spare - one - other)
    return [frames[first], frames[first + skip + 1], frames[first + skip + next + 2]]
  }

  /// A part of a frame around a pixel of one of the objects of its `mask`, not so large that too little
  /// would be left of that; nil: there is none.
  private func window(into mask: ObjectMask, _ random: inout SplitMix64) -> CropWindow? {
    let outlines = ObjectOutline.all(in: mask)
    guard !outlines.isEmpty else { return nil }
    let outline = random.element(of: outlines)
    let pixel = random.integer(in: 0...outline.pixelCount - 1)
    guard let position = mask.position(of: pixel, id: outline.id) else { return nil }
    let zoom = CropWindow.zoom(mask.size, settings.width, settings.height)
    return CropWindow(
      into: mask.size, width: settings.width, height: settings.height, shares: settings.crop,
      largestShare: (Double(outline.pixelCount) / (2 * leastPixels)).squareRoot() / zoom,
      around: position, mirrored: settings.mirrored, random: &random)
  }

  private var leastPixels: Double {
    max(settings.leastArea * Double(settings.width * settings.height), 1)
  }

  /// At most as many objects of `mask` as the settings allow, in ascending order.
  private func visibleObjects(
    of mask: ObjectMask, _ random: inout SplitMix64
  ) -> [UInt8] {
    var ids = ObjectOutline.all(in: mask).filter { Double($0.pixelCount) >= leastPixels }.map(\.id)
    random.shuffle(&ids)
    return ids.prefix(settings.maximumObjects).sorted()
  }

  private func frame(_ clip: Int, _ index: Int) throws -> Frame {
    try cache.value(for: FrameKey(clip: clip, frame: index)) {
      let image = try clips[clip].image(index)
      guard let mask = try clips[clip].fullTruth(index) else { preconditionFailure("no mask") }
      let zoom = CropWindow.zoom(image.size, settings.width, settings.height)
      let frame = Frame(
        pixels: PixelPyramid(Pixels(image), zoom: zoom, border: .mirror), mask: mask)
      return (frame, frame.pixels.byteCount + mask.ids.count)
    }
  }

  private func picture(
    of pixels: PixelPyramid, _ place: AffineTransform, _ color: ColorMatrix
  ) -> FloatTensor {
    Canvas(
      Region(width: settings.width, height: settings.height), showing: pixels,
      distance: place.scale, color: color
    ) { place($0) }.planes
  }

  /// The ids of `mask` under the middles of the pixels of a frame.
  private func shown(_ mask: ObjectMask, _ place: AffineTransform) -> ObjectMask {
    let columns = (0..<settings.width).map { column in
      min(max(Int(place(SIMD2(Double(column) + 0.5, 0)).x), 0), mask.width - 1)
    }
    let ids = (0..<settings.height).flatMap { row -> [UInt8] in
      let position = place(SIMD2(0, Double(row) + 0.5)).y
      let start = min(max(Int(position), 0), mask.height - 1) * mask.width
      return columns.map { mask.ids[start + $0] }
    }
    return ObjectMask(width: settings.width, height: settings.height, ids: ids)
  }
}

extension ObjectMask {
  /// The middle of pixel `number`, counted from 0, of those that have `id`.
  fileprivate func position(of number: Int, id: UInt8) -> SIMD2<Double>? {
    var count = 0
    for (index, found) in ids.enumerated() where found == id {
      if count == number {
        return SIMD2(Double(index % width) + 0.5, Double(index / width) + 0.5)
      }
      count += 1
    }
    return nil
  }

  /// The mask in which `objects` are 1, 2 and so on, and others background; void stays.
  fileprivate func renumbered(_ objects: [UInt8]) -> ObjectMask {
    var numbers = [UInt8](repeating: 0, count: 256)
    numbers[Int(Self.void)] = Self.void
    for (index, id) in objects.enumerated() { numbers[Int(id)] = UInt8(index + 1) }
    return ObjectMask(width: width, height: height, ids: ids.map { numbers[Int($0)] })
  }
}
