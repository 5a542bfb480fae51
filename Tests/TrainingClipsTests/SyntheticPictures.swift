import Files
import Foundation
import Images
import Segmentation
import TestSupport

/// Pictures in which the colour of a pixel says what it shows: the background is blue, objects are red
/// or green.
struct SyntheticPictures {
  let scratch: ScratchFolder

  static let blue: [UInt8] = [0, 0, 255]
  static let red: [UInt8] = [255, 0, 0]
  static let green: [UInt8] = [0, 255, 0]

  /// Makes `NAME.png` in the folders `images` and `masks`: an object in `box` of a picture of `size`.
  func write(
    _ name: String, images: String = "images", masks: String = "masks", object: [UInt8] = red,
    size: ImageSize = ImageSize(width: 48, height: 40), box: (x: Range<Int>, y: Range<Int>),
    id: UInt8 = 1, void: (x: Range<Int>, y: Range<Int>)? = nil
  ) throws {
    try Folder.create(at: scratch.file(images))
    try Folder.create(at: scratch.file(masks))
    var (bytes, ids): ([UInt8], [UInt8]) = ([], [])
    for row in 0..<size.height {
      for column in 0..<size.width {
        let isObject = box.x.contains(column) && box.y.contains(row)
        let isVoid = void.map { $0.x.contains(column) && $0.y.contains(row) } ?? false
        bytes += isObject ? object : Self.blue
        ids.append(isVoid ? ObjectMask.void : isObject ? id : 0)
      }
    }
    try ImageFile.writeRGB(
      RGBImage(size: size, bytes: bytes), to: scratch.file("\(images)/\(name).png"))
    try ImageFile.writeMask(
      MaskImage(size: size, values: ids, palette: .objects),
      to: scratch.file("\(masks)/\(name).png"))
  }

  /// Makes `NAME.png` in the folder `cutouts`: one colour on nothing.
  func writeCutOut(_ name: String, color: UInt8, isEmpty: Bool = false) throws {
    try Folder.create(at: scratch.file("cutouts"))
    let size = ImageSize(width: 20, height: 16)
    let values = (0..<size.pixelCount).map { index -> UInt8 in
      let (row, column) = index.quotientAndRemainder(dividingBy: size.width)
      return !isEmpty && (4..<15).contains(column) && (3..<12).contains(row) ? color : 0
    }
    let file = try ImageFile.png(
      MaskImage(
        size: size, values: values, palette: Palette(triples: [0, 0, 0] + Self.red + Self.green)),
      alpha: [0], name: name)
    try scratch.write(file, to: "cutouts/\(name).png")
  }
}
