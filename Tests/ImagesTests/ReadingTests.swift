import Images
import TestSupport
import Testing

/// Pixels are held against those that Pillow reads from the same files.
@Suite struct ReadingTests {
  @Test(arguments: [
    "rgb8", "noise", "rgba8", "gray8", "grayalpha8", "rgb16", "gray16", "rgb8-interlaced",
    "gray1", "gray2", "gray4", "indexed8", "indexed8-transparent", "indexed8-interlaced",
    "indexed1", "indexed2", "indexed4",
  ])
  func `a PNG of any kind reads as Pillow's RGB`(name: String) throws {
    let image = try ImageFile.readRGB(Fixture.path("\(name).png"))
    #expect(image.size == ImageSize(width: 21, height: 13))
    #expect(image.bytes == (try Fixture.bytes("\(name).png.rgb")))
  }

  @Test(arguments: ["baseline420", "baseline422", "baseline444", "progressive", "restart", "gray"])
  func `a JPEG of any kind reads as Pillow's RGB`(name: String) throws {
    let image = try ImageFile.readRGB(Fixture.path("\(name).jpg"))
    #expect(image.size == ImageSize(width: 37, height: 27))
    #expect(image.bytes == (try Fixture.bytes("\(name).jpg.rgb")))
  }

  @Test(arguments: ["indexed8", "indexed8-transparent", "indexed8-interlaced"])
  func `an indexed mask keeps its indices and its palette`(name: String) throws {
    let mask = try ImageFile.readMask(Fixture.path("\(name).png"))
    #expect(mask.values == (try Fixture.bytes("\(name).png.values")))
    #expect(mask.values.first == 255)
    let colors = mask.values.flatMap { id in
      (0..<3).map { mask.palette?.bytes[3 * Int(id) + $0] }
    }
    #expect(colors == (try Fixture.bytes("\(name).png.rgb")))
  }

  @Test(arguments: ["indexed1", "indexed2", "indexed4"])
  func `an indexed mask of fewer bits keeps its indices`(name: String) throws {
    let mask = try ImageFile.readMask(Fixture.path("\(name).png"))
    #expect(mask.isIndexed)
    #expect(mask.values == (try Fixture.bytes("\(name).png.values")))
  }

  @Test(arguments: ["gray1", "gray2", "gray4", "gray8"])
  func `a gray mask keeps its values, with white at 255`(name: String) throws {
    let mask = try ImageFile.readMask(Fixture.path("\(name).png"))
    #expect(!mask.isIndexed)
    #expect(mask.values == (try Fixture.bytes("\(name).png.values")))
  }

  @Test(arguments: [
    ("rgb8.png", 21, 13), ("gray1.png", 21, 13), ("progressive.jpg", 37, 27), ("gray.jpg", 37, 27),
  ])
  func `the size is read without the pixels`(name: String, width: Int, height: Int) throws {
    #expect(try ImageFile.size(Fixture.path(name)) == ImageSize(width: width, height: height))
  }

  @Test func `the contents decide the format, not the name`() throws {
    try ScratchFolder.withFile(try Fixture.bytes("gray.jpg")) { path in
      let image = try ImageFile.readRGB(path)
      #expect(image.bytes == (try Fixture.bytes("gray.jpg.rgb")))
    }
  }

  @Test func `the colour map is that of the VOC development kit`() throws {
    #expect(Palette.objects.bytes == (try Fixture.bytes("voc.palette")))
  }

  @Test func `a short palette is completed by the colour map`() throws {
    let palette = Palette(triples: [1, 2, 3])
    #expect(palette.bytes == [1, 2, 3] + (try Fixture.bytes("voc.palette"))[3...])
  }

  @Test(arguments: [("rgba8", 0), ("grayalpha8", 1), ("rgba16", 1)])
  func `a cut-out has the colours and the opacity of its file`(name: String, channel: Int) throws {
    let (cutOut, colors) = (
      try ImageFile.readRGBA(Fixture.path("\(name).png")), try Fixture.bytes("\(name).png.rgb")
    )
    let noise = try Fixture.bytes("noise.png.rgb")
    #expect(cutOut.size == ImageSize(width: 21, height: 13))
    for pixel in 0..<cutOut.size.pixelCount {
      #expect(cutOut.bytes[4 * pixel..<4 * pixel + 3] == colors[3 * pixel..<3 * pixel + 3])
      #expect(cutOut.bytes[4 * pixel + 3] == noise[3 * pixel + channel])
    }
  }

  @Test func `the clear colour of a palette is clear in a cut-out`() throws {
    let cutOut = try ImageFile.readRGBA(Fixture.path("indexed8-transparent.png"))
    let values = try Fixture.bytes("indexed8-transparent.png.values")
    #expect(values.contains(0))
    for (pixel, value) in values.enumerated() {
      #expect(cutOut.bytes[4 * pixel + 3] == (value == 0 ? 0 : 255))
    }
  }
}
