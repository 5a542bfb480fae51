import Images
import Testing

@testable import TrainingClips

@Suite struct PixelTests {
  @Test func `pixels through an affine map are those of PyTorch's grid_sample`() throws {
    let fixture = try WarpFixture.read()
    let pixels = Pixels(width: fixture.width, height: fixture.height, values: fixture.pixels)
    for sample in fixture.cases {
      let border: Border = sample.border == "mirror" ? .mirror : .transparent
      let transform = AffineTransform(
        xx: sample.matrix[0][0], xy: sample.matrix[0][1], yx: sample.matrix[1][0],
        yy: sample.matrix[1][1], offset: sample.offset)
      let canvas = Canvas(
        Region(width: fixture.columns, height: fixture.rows),
        showing: PixelPyramid(first: pixels, origin: .zero, unit: 1, border: border), distance: 1,
        color: ColorChange().matrix
      ) { transform($0) }
      let found = canvas.values.flatMap { [$0.x, $0.y, $0.z, $0.w] }
      let errors = zip(found, sample.expected).map { abs($0 - $1) }
      #expect(found.count == sample.expected.count)
      #expect((errors.max() ?? 1) < 2e-5, "\(sample.border) \(sample.matrix)")
    }
  }

  @Test func `half the size has the means of four, and edges go on or end`() {
    let pixels = Pixels(
      width: 3, height: 2,
      values: [0, 4, 8, 8, 12, 16].map { SIMD4(repeating: $0) })
    #expect(pixels.halved(border: .mirror).values.map(\.x) == [6, 12])
    #expect(pixels.halved(border: .transparent).values.map(\.x) == [6, 6])
  }

  @Test func `colours are multiplied by their opacity`() {
    let image = RGBAImage(
      size: ImageSize(width: 2, height: 1), bytes: [200, 100, 0, 128, 9, 8, 7, 0])
    #expect(
      Pixels(image, in: Region(width: 2, height: 1)).values == [SIMD4(100, 50, 0, 128), .zero])
  }

  @Test func `a hole in a plain picture is filled with its colour`() {
    var values = [SIMD4<UInt8>](repeating: SIMD4(40, 90, 200, 255), count: 11 * 9)
    for row in 2..<7 { for column in 3..<9 { values[row * 11 + column] = .zero } }
    let filled = Pixels(width: 11, height: 9, values: values).filled
    #expect(filled.values.allSatisfy { $0 == SIMD4(40, 90, 200, 255) })
  }

  @Test func `what fills a hole lies between the colours around it, and the rest stays`() {
    var values: [SIMD4<UInt8>] = []
    for _ in 0..<16 { values += (0..<16).map { SIMD4(UInt8($0 * 10), 0, 0, 255) } }
    let whole = values
    for row in 5..<11 { for column in 5..<11 { values[row * 16 + column] = .zero } }
    let filled = Pixels(width: 16, height: 16, values: values).filled
    for index in values.indices {
      if values[index].w == 255 { #expect(filled.values[index] == whole[index]) }
      #expect(filled.values[index].w == 255 && filled.values[index].x <= 150)
    }
    #expect(filled.values[8 * 16 + 5].x < filled.values[8 * 16 + 10].x)
  }

  @Test func `a picture of nothing is filled with gray`() {
    let filled = Pixels(width: 3, height: 3, values: Array(repeating: .zero, count: 9)).filled
    #expect(filled.values.allSatisfy { $0 == SIMD4(128, 128, 128, 255) })
  }

  @Test func `hue turns red to green, saturation leads to luma, contrast to gray`() {
    let red = SIMD4<Float>(255, 0, 0, 255)
    func apart(_ first: SIMD4<Float>, _ second: SIMD4<Float>) -> Bool {
      let difference = first - second
      return (difference * difference).sum() > 1e-9
    }
    #expect(!apart(ColorChange().matrix(red), SIMD4(1, 0, 0, 1)))
    #expect(!apart(ColorChange(hue: 120).matrix(red), SIMD4(0, 1, 0, 1)))
    #expect(!apart(ColorChange(saturation: 0).matrix(red), SIMD4(0.299, 0.299, 0.299, 1)))
    #expect(!apart(ColorChange(contrast: 0.5).matrix(red), SIMD4(0.75, 0.25, 0.25, 1)))
    #expect(!apart(ColorChange(brightness: 0.25).matrix(red), SIMD4(1, 0.25, 0.25, 1)))
  }

  @Test func `changes of colour add up, and keep to the opacity of a pixel`() {
    let change = ColorChange(brightness: 0.3).with(ColorChange(brightness: 0.4))
    let pixel = change.matrix(SIMD4(51, 0, 0, 102))
    #expect(abs(pixel.x - 0.4) < 1e-6 && abs(pixel.y - 0.28) < 1e-6 && abs(pixel.w - 0.4) < 1e-6)
  }

  @Test func `blur keeps the sum of colours away from the edge`() {
    for blur in [Blur.gaussian(deviation: 1.2), .motion(SIMD2(4, 3))] {
      var canvas = Canvas(Region(width: 17, height: 17))
      canvas.values[8 * 17 + 8] = SIMD4(0.5, 0, 0, 1)
      canvas.blur(blur)
      let sum = canvas.values.reduce(.zero, +)
      #expect(abs(sum.w - 1) < 1e-5 && abs(sum.x - 0.5) < 1e-5)
      #expect(canvas.values[8 * 17 + 8].w < 0.5)
    }
  }

  @Test func `a layer covers what it is opaque over, and marks it where that is more than half`() {
    var canvas = Canvas(Region(width: 3, height: 1))
    canvas.values = Array(repeating: SIMD4(0, 0, 1, 1), count: 3)
    var layer = Canvas(Region(x: 1, y: 0, width: 2, height: 1))
    layer.values = [SIMD4(1, 0, 0, 1), SIMD4(0.25, 0, 0, 0.25)]
    var ids: [UInt8] = [5, 5, 5]
    canvas.cover(with: layer, id: 2, ids: &ids)
    #expect(canvas.values == [SIMD4(0, 0, 1, 1), SIMD4(1, 0, 0, 1), SIMD4(0.25, 0, 0.75, 1)])
    #expect(ids == [5, 2, 5])
  }
}
