import Foundation
import Images
import Reports
import Segmentation
import Verification

/// Frames with both masks and their difference over the image.
struct PictureSection {
  /// What all pictures together may take, in bytes of the page.
  static let budget = 3_000_000
  /// The longer side of a picture in pixels.
  static let longEdge = 320

  /// One frame.
  struct Picture {
    let id: String
    let name: String
    let caption: String
    let width: Int
    let height: Int
    let image: String
    let reference: String
    let candidate: String
    let difference: String
    let rank: String

    /// The bytes of its pictures.
    var count: Int {
      [image, reference, candidate, difference].map(\.utf8.count).reduce(0, +)
    }
  }

  let pictures: [Picture]
  let note: String
  let last: Int

  /// The pictures that `result` has kept, the worst first to be given room; nil without any.
  ///
  /// Throws what reading `clip` throws, or `ImageError`.
  init?(_ result: ClipVerification, clip: Clip) throws {
    let frames = Dictionary(
      result.frames.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    func agreement(_ picture: ClipVerification.Picture) -> Double {
      frames[picture.index].map(\.freeRunningIoU) ?? 1
    }
    let ranked = result.pictures.sorted { left, right in
      (agreement(left), left.index) < (agreement(right), right.index)
    }
    var room = Self.budget
    var drawn: [(index: Int, picture: Picture)] = []
    for (rank, kept) in ranked.enumerated() {
      guard let frame = frames[kept.index] else { continue }
      let picture = try Self.draw(kept.masks, frame, clip, rank: rank)
      guard picture.count <= room else { break }
      room -= picture.count
      drawn.append((kept.index, picture))
    }
    guard !drawn.isEmpty else { return nil }
    pictures = drawn.sorted { $0.index < $1.index }.map(\.picture)
    last = pictures.count - 1
    note =
      pictures.count < result.frames.count
      ? "The \(pictures.count.of("frame")) with the lowest IoU, of \(result.frames.count)."
      : "Every segmented frame."
  }

  private static func draw(
    _ masks: FrameMasks, _ frame: ClipVerification.Frame, _ clip: Clip, rank: Int
  ) throws -> Picture {
    let full = ImageSize(width: clip.width, height: clip.height)
    let size = full.fitted(to: longEdge)
    let image = try clip.picture(frame.index).resized(to: size)
    func overlay(_ mask: ObjectMask) throws -> String {
      let indexed = MaskImage(size: full, values: mask.ids, palette: clip.palette)
      let alpha = [0] + [UInt8](repeating: 150, count: 255)
      return dataURI(
        "png", try ImageFile.png(indexed.resized(to: size), alpha: alpha, name: frame.name))
    }
    let difference = MaskDifference(masks.reference, masks.freeRunning)
    return Picture(
      id: "frame-\(frame.index)", name: frame.name,
      caption: "Frame \(frame.name): IoU \(Numbers.ratio(frame.freeRunningIoU)), "
        + "\(frame.freeRunningChange.percent) of the pixels changed, "
        + "\(frame.memoryFrames.of("frame")) in memory",
      width: size.width, height: size.height,
      image: dataURI("jpeg", try ImageFile.jpeg(image, quality: 70, name: frame.name)),
      reference: try overlay(masks.reference), candidate: try overlay(masks.freeRunning),
      difference: dataURI(
        "png",
        try ImageFile.png(
          difference.image(size), alpha: MaskDifference.alpha, name: frame.name)),
      rank: rank == 0 ? " worst first" : rank < 3 ? " worst" : "")
  }

  private static func dataURI(_ type: String, _ bytes: [UInt8]) -> String {
    "data:image/\(type);base64,\(Data(bytes).base64EncodedString())"
  }
}

/// Where two masks differ, and how.
struct MaskDifference {
  /// What one pixel is: the values are indices of ``palette``.
  enum Kind: UInt8 {
    /// In both the same.
    case same = 0
    /// Of another object.
    case exchanged = 1
    /// An object's in the candidate alone.
    case gained = 2
    /// An object's in the reference alone.
    case lost = 3
  }

  /// Reddish purple, blue and vermilion of Okabe and Ito's set, and once more for halos.
  static let palette = Palette(triples: [0, 0, 0] + colors + colors)
  private static let colors: [UInt8] = [0xCC, 0x79, 0xA7, 0x00, 0x8D, 0xE0, 0xE6, 0x6A, 0x00]
  /// How opaque each kind is, and its halo.
  static let alpha: [UInt8] = [0, 255, 255, 255, 110, 110, 110]
  /// How far a halo reaches, in pixels of the picture.
  static let halo = 2

  private let width: Int
  private let kinds: [Kind]

  init(_ reference: ObjectMask, _ candidate: ObjectMask) {
    width = reference.width
    kinds = zip(reference.ids, candidate.ids).map { before, after in
      before == after ? .same : before == 0 ? .gained : after == 0 ? .lost : .exchanged
    }
  }

  /// The difference in another size, smaller or the same: a pixel that differs anywhere shows, and
  /// has a halo, without which a single one would be lost on the page.
  func image(_ size: ImageSize) -> MaskImage {
    let height = kinds.count / width
    var values = [UInt8](repeating: 0, count: size.pixelCount)
    for (index, kind) in kinds.enumerated() where kind != .same {
      let (row, column) = (index / width, index % width)
      let target =
        row * size.height / height * size.width + column * size.width / width
      values[target] = max(values[target], kind.rawValue)
    }
    for index in values.indices where (1...3).contains(values[index]) {
      let (row, column) = (index / size.width, index % size.width)
      for y in max(row - Self.halo, 0)...min(row + Self.halo, size.height - 1) {
        for x in max(column - Self.halo, 0)...min(column + Self.halo, size.width - 1)
        where values[y * size.width + x] == 0 {
          values[y * size.width + x] = values[index] + 3
        }
      }
    }
    return MaskImage(size: size, values: values, palette: Self.palette)
  }
}

extension ImageSize {
  /// The size whose longer side is at most `longEdge`.
  fileprivate func fitted(to longEdge: Int) -> ImageSize {
    guard max(width, height) > longEdge else { return self }
    func side(_ length: Int) -> Int { max(length * longEdge / max(width, height), 1) }
    return ImageSize(width: side(width), height: side(height))
  }
}
