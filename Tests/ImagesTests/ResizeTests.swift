import Images
import TestSupport
import Testing

/// Scaled pictures are held against Pillow's `Image.resize`.
@Suite struct ResizeTests {
  static let sizes = [(9, 5), (40, 31), (21, 4), (8, 13), (1, 1), (64, 64)]

  @Test(arguments: sizes)
  func `a picture scales as Pillow's BILINEAR`(width: Int, height: Int) throws {
    let image = try ImageFile.readRGB(Fixture.path("noise.png"))
    let scaled = image.resized(to: ImageSize(width: width, height: height))
    #expect(scaled.bytes == (try Fixture.bytes("noise.\(width)x\(height).rgb")))
  }

  @Test(arguments: sizes)
  func `a mask scales as Pillow's NEAREST and keeps its palette`(width: Int, height: Int) throws {
    let mask = try ImageFile.readMask(Fixture.path("indexed8.png"))
    let scaled = mask.resized(to: ImageSize(width: width, height: height))
    #expect(scaled.values == (try Fixture.bytes("indexed8.\(width)x\(height).values")))
    #expect(scaled.palette == mask.palette)
  }

  @Test func `the same size gives the same picture`() throws {
    let image = try ImageFile.readRGB(Fixture.path("noise.png"))
    #expect(image.resized(to: image.size) == image)
  }
}
