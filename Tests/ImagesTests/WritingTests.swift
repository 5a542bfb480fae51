import Foundation
import Images
import TestSupport
import Testing

@Suite struct WritingTests {
  @Test func `a mask that was written reads back the same`() throws {
    let mask = try ImageFile.readMask(Fixture.path("indexed8.png"))
    try ScratchFolder.withPath("mask.png") { path in
      try ImageFile.writeMask(mask, to: path)
      #expect(try ImageFile.readMask(path) == mask)
    }
  }

  @Test func `a gray mask is written with the colour map of VOC`() throws {
    let mask = MaskImage(
      size: ImageSize(width: 3, height: 1), values: [0, 1, 255], palette: nil)
    try ScratchFolder.withPath("mask.png") { path in
      try ImageFile.writeMask(mask, to: path)
      #expect(try ImageFile.readMask(path).palette == .objects)
      #expect(try ImageFile.readRGB(path).bytes == [0, 0, 0, 128, 0, 0, 224, 224, 192])
    }
  }

  @Test func `a picture that was written reads back the same`() throws {
    let image = try ImageFile.readRGB(Fixture.path("noise.png"))
    try ScratchFolder.withPath("picture.png") { path in
      try ImageFile.writeRGB(image, to: path)
      #expect(try ImageFile.readRGB(path) == image)
    }
  }

  @Test func `the same mask always gives the same bytes, of four chunks`() throws {
    let mask = try ImageFile.readMask(Fixture.path("gray8.png"))
    let files = try (0..<2).map { _ in
      try ScratchFolder.withPath("mask.png") { path in
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

  @Test func `an indexed picture has as many opacities as colours`() throws {
    let mask = MaskImage(
      size: ImageSize(width: 2, height: 1), values: [0, 1], palette: .objects)
    let bytes = try ImageFile.png(mask, alpha: [0, 90], name: "mask")
    try ScratchFolder.withPath("mask.png") { path in
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(try ImageFile.readMask(path) == mask)
    }
    let chunk = try #require(bytes.firstRange(of: Array("tRNS".utf8)))
    let opacities = Array(bytes[chunk.upperBound..<chunk.upperBound + 256])
    #expect(opacities == [0, 90] + [UInt8](repeating: 255, count: 254))
  }

  @Test func `a JPEG that was written shows the same picture, nearly`() throws {
    let size = ImageSize(width: 40, height: 24)
    let bytes = (0..<size.pixelCount).flatMap { index -> [UInt8] in
      let (row, column) = index.quotientAndRemainder(dividingBy: 40)
      return [UInt8(column * 6), UInt8(row * 10), 128]
    }
    let image = RGBImage(size: size, bytes: bytes)
    let file = try ImageFile.jpeg(image, quality: 90, name: "picture")
    #expect(try ImageFile.jpeg(image, quality: 90, name: "picture") == file)
    #expect(try ImageFile.jpeg(image, quality: 30, name: "picture").count < file.count)
    try ScratchFolder.withPath("picture.jpg") { path in
      try Data(file).write(to: URL(fileURLWithPath: path))
      let read = try ImageFile.readRGB(path)
      let errors = zip(read.bytes, image.bytes).map { abs(Int($0) - Int($1)) }
      #expect(read.size == size && (errors.max() ?? 255) < 24)
    }
  }
}
