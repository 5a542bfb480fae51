import Files
import Images
import Segmentation
import TestSupport

/// A video of 40x32 pixels: a red square, object 1, goes from the left to the right and out of the
/// picture; a green bar that stays is object 2; a strip at the bottom is void and white.
struct SyntheticVideo {
  static let size = ImageSize(width: 40, height: 32)

  let scratch: ScratchFolder

  /// Makes `frames` frames in the folder `name`, with the masks of those whose numbers are among `masks`.
  func write(_ name: String, frames: Int, masks: [Int]? = nil, speed: Int = 3) throws {
    try Folder.create(at: scratch.file("\(name)/frames"))
    try Folder.create(at: scratch.file("\(name)/masks"))
    for frame in 0..<frames {
      let path = "0000\(frame / 10)\(frame % 10)".suffix(5) + ".png"
      let ids = Self.ids(frame, speed: speed)
      let bytes = ids.flatMap { id -> [UInt8] in
        switch id {
        case 1: SyntheticPictures.red
        case 2: SyntheticPictures.green
        case ObjectMask.void: [255, 255, 255]
        default: SyntheticPictures.blue
        }
      }
      try ImageFile.writeRGB(
        RGBImage(size: Self.size, bytes: bytes), to: scratch.file("\(name)/frames/\(path)"))
      guard masks?.contains(frame) ?? true else { continue }
      try ImageFile.writeMask(
        MaskImage(size: Self.size, values: ids, palette: .objects),
        to: scratch.file("\(name)/masks/\(path)"))
    }
  }

  private static func ids(_ frame: Int, speed: Int) -> [UInt8] {
    (0..<size.pixelCount).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: size.width)
      if row >= 30 { return ObjectMask.void }
      if (4..<14).contains(row), (0..<10).contains(column - frame * speed) { return 1 }
      return (18..<24).contains(row) && column >= 8 && column < 32 ? 2 : 0
    }
  }
}
