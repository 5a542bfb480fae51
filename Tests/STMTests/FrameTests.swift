import Images
import STM
import Testing

@testable import STM

@Suite struct FrameTests {
  private static let bytes: [UInt8] = (0..<3 * 5 * 4).map { UInt8($0 * 4) }
  private static let image = RGBImage(size: ImageSize(width: 5, height: 4), bytes: bytes)

  @Test(arguments: STMFrame.PixelOrder.allCases)
  func `interleaved bytes in any order are the same picture`(
    _ order: STMFrame.PixelOrder
  ) throws {
    var bytes: [UInt8] = []
    for row in 0..<4 {
      for column in 0..<5 {
        var pixel = [UInt8](repeating: 99, count: order == .rgb || order == .bgr ? 3 : 4)
        let places =
          switch order {
          case .rgb, .rgba: [0, 1, 2]
          case .bgr, .bgra: [2, 1, 0]
          case .argb: [1, 2, 3]
          }
        for channel in 0..<3 {
          pixel[places[channel]] = Self.bytes[3 * (row * 5 + column) + channel]
        }
        bytes += pixel
      }
      bytes += [7, 7]
    }
    let frame = try STMFrame(
      interleaved: bytes.span, width: 5, height: 4, order: order, bytesPerRow: bytes.count / 4)
    #expect(frame.planes == STMFrame(Self.image).planes)
    #expect(frame.size == Self.image.size)
  }

  @Test func `planes of bytes are the same picture`() throws {
    var planes = [[UInt8]](repeating: [], count: 3)
    for row in 0..<4 {
      for channel in 0..<3 {
        for column in 0..<5 { planes[channel].append(Self.bytes[3 * (row * 5 + column) + channel]) }
        if row < 3 { planes[channel].append(0) }
      }
    }
    let (red, green, blue) = (planes[0], planes[1], planes[2])
    let frame = try STMFrame(
      red: red.span, green: green.span, blue: blue.span, width: 5, height: 4,
      bytesPerRow: 6)
    #expect(frame.planes == STMFrame(Self.image).planes)
  }

  @Test func `too few bytes are refused`() throws {
    let bytes = Self.bytes
    #expect(throws: STMError.tooFewBytes(noun: "frame", expected: 60, found: 59)) {
      try STMFrame(interleaved: bytes.span.extracting(0..<59), width: 5, height: 4)
    }
    #expect(throws: STMError.tooFewBytes(noun: "frame: row", expected: 15, found: 14)) {
      try STMFrame(interleaved: bytes.span, width: 5, height: 4, bytesPerRow: 14)
    }
    #expect(throws: STMError.tooFewBytes(noun: "blue plane", expected: 20, found: 19)) {
      try STMFrame(
        red: bytes.span, green: bytes.span, blue: bytes.span.extracting(0..<19), width: 5,
        height: 4)
    }
  }

  @Test(arguments: [(0, 4), (4, -1), (65_501, 1), (65_500, 65_500)])
  func `an impossible size is refused`(_ width: Int, _ height: Int) throws {
    let bytes = Self.bytes
    #expect(throws: STMError.impossibleSize(noun: "frame", width: width, height: height)) {
      try STMFrame(interleaved: bytes.span, width: width, height: height)
    }
  }
}
