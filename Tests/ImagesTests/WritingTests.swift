import Foundation
import Images
import Testing

@Suite struct WritingTests {
  @Test func `a mask that was written reads back the same`() throws {
    let mask = try ImageFile.readMask(try fixture("indexed8.png"))
    try withTemporaryPath("mask.png") { path in
      try ImageFile.writeMask(mask, to: path)
      #expect(try ImageFile.readMask(path) == mask)
    }
  }

  @Test func `a gray mask is written with the colour map of VOC`() throws {
    let mask = MaskImage(
      size: ImageSize(width: 3, height: 1), values: [0, 1, 255], palette: nil)
    try withTemporaryPath("mask.png") { path in
      try ImageFile.writeMask(mask, to: path)
      #expect(try ImageFile.readMask(path).palette == .objects)
      #expect(try ImageFile.readRGB(path).bytes == [0, 0, 0, 128, 0, 0, 224, 224, 192])
    }
  }

  @Test func `a picture that was written reads back the same`() throws {
    let image = try ImageFile.readRGB(try fixture("noise.png"))
    try withTemporaryPath("picture.png") { path in
      try ImageFile.writeRGB(image, to: path)
      #expect(try ImageFile.readRGB(path) == image)
    }
  }

  @Test func `the same mask always gives the same bytes, of four chunks`() throws {
    let mask = try ImageFile.readMask(try fixture("gray8.png"))
    let files = try (0..<2).map { _ in
      try withTemporaryPath("mask.png") { path in
        try ImageFile.writeMask(mask, to: path)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      }
    }
    #expect(files[0] == files[1])
    var names: [String] = []
    var position = 8
    while position < files[0].count {
      let length = files[0][position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      names.append(String(decoding: files[0][position + 4..<position + 8], as: UTF8.self))
      position += 12 + length
    }
    #expect(names == ["IHDR", "PLTE", "IDAT", "IEND"])
  }
}
