import Files
import Images
import TestSupport
import Testing

@Suite struct RefusalTests {
  @Test func `a missing file is refused by name`() throws {
    try ScratchFolder.withPath("none.png") { path in
      #expect(throws: FileError.notFound(path: path)) { try ImageFile.readRGB(path) }
    }
  }

  @Test func `an empty file is refused by name`() throws {
    try ScratchFolder.withFile([]) { path in
      let error = #expect(throws: ImageError.self) { try ImageFile.readRGB(path) }
      #expect(
        error?.description
          == "\(path): expected a PNG or JPEG file, found one that starts with nothing: it is empty"
      )
    }
  }

  @Test func `another format is refused by its first bytes`() throws {
    try ScratchFolder.withFile(Array("GIF89a, of a kind".utf8)) { path in
      #expect(throws: ImageError.unknownFormat(path: path, found: "47 49 46 38 39 61 2C 20")) {
        try ImageFile.size(path)
      }
    }
  }

  @Test func `a CMYK JPEG is refused by name`() throws {
    let path = Fixture.path("cmyk.jpg")
    #expect(
      throws: ImageError.unsupported(
        path: path, expected: "a gray or colour JPEG", found: "CMYK")
    ) { try ImageFile.readRGB(path) }
  }

  @Test(arguments: [
    ("rgb8.png", "RGB of 8 bits"), ("rgba8.png", "RGB with alpha of 8 bits"),
    ("grayalpha8.png", "gray with alpha of 8 bits"), ("gray16.png", "gray of 16 bits"),
    ("gray.jpg", "JPEG, which does not keep ids exact"),
  ])
  func `a picture that holds no ids is refused as a mask`(name: String, found: String) throws {
    let path = Fixture.path(name)
    let error = #expect(throws: ImageError.notAMask(path: path, found: found)) {
      try ImageFile.readMask(path)
    }
    #expect(error?.hint.contains("indexed PNG") == true)
  }

  @Test(arguments: [
    ("rgb8.png", "RGB of 8 bits"), ("gray16.png", "gray of 16 bits"),
    ("indexed8.png", "indexed of 8 bits"), ("gray.jpg", "JPEG"),
  ])
  func `a picture without alpha is refused as a cut-out`(name: String, found: String) throws {
    let path = Fixture.path(name)
    let error = #expect(throws: ImageError.noAlpha(path: path, found: found)) {
      try ImageFile.readRGBA(path)
    }
    #expect(error?.hint.contains("transparent") == true)
  }

  @Test func `a PNG over the limits is refused before its pixels are allocated`() throws {
    try ScratchFolder.withFile(try resized("gray8.png", width: 65_501, height: 1)) { path in
      #expect(
        throws: ImageError.tooLarge(path: path, size: ImageSize(width: 65_501, height: 1))
      ) { try ImageFile.readRGB(path) }
    }
    try ScratchFolder.withFile(try resized("gray8.png", width: 16_385, height: 16_384)) { path in
      #expect(
        throws: ImageError.tooLarge(path: path, size: ImageSize(width: 16_385, height: 16_384))
      ) { try ImageFile.readMask(path) }
    }
  }

  @Test func `a PNG whose pixels no integer counts is refused`() throws {
    let side = Int(Int32.max)
    try ScratchFolder.withFile(try resized("gray8.png", width: side, height: side)) { path in
      #expect(
        throws: ImageError.tooLarge(path: path, size: ImageSize(width: side, height: side))
      ) { try ImageFile.size(path) }
    }
  }

  @Test func `a PNG that is too short for its size is refused before allocating`() throws {
    let whole = try resized("gray8.png", width: 16_384, height: 16_384)
    try ScratchFolder.withFile(whole) { path in
      #expect(
        throws: ImageError.impossibleSize(
          path: path, size: ImageSize(width: 16_384, height: 16_384),
          expected: 16_384 * 16_384 / 1032, found: whole.count)
      ) { try ImageFile.readMask(path) }
    }
  }

  @Test func `a JPEG over the limits is refused before its pixels are allocated`() throws {
    try ScratchFolder.withFile(try resized("gray.jpg", width: 65_000, height: 65_000)) { path in
      #expect(
        throws: ImageError.tooLarge(path: path, size: ImageSize(width: 65_000, height: 65_000))
      ) { try ImageFile.readRGB(path) }
    }
  }

  @Test func `a JPEG that is too short for its size is refused before allocating`() throws {
    let whole = try resized("gray.jpg", width: 8000, height: 8000)
    try ScratchFolder.withFile(whole) { path in
      #expect(
        throws: ImageError.impossibleSize(
          path: path, size: ImageSize(width: 8000, height: 8000), expected: 125_000,
          found: whole.count)
      ) { try ImageFile.readRGB(path) }
    }
  }

  @Test func `a PNG that unpacks out of all proportion is refused before allocating`() throws {
    let whole = try resized("gray1.png", width: 16_384, height: 16_384)
    let padded = whole + [UInt8](repeating: 0, count: 40_000 - whole.count)
    try ScratchFolder.withFile(padded) { path in
      #expect(
        throws: ImageError.outOfProportion(
          path: path, size: ImageSize(width: 16_384, height: 16_384), allowed: 192 << 20,
          found: 3 << 28)
      ) { try ImageFile.readRGB(path) }
    }
  }

  @Test func `a JPEG of many scans may take less than one of a single scan`() throws {
    let size = ImageSize(width: 6000, height: 6000)
    for (name, isRefused) in [("progressive.jpg", true), ("baseline420.jpg", false)] {
      let whole = try resized(name, width: size.width, height: size.height)
      let padded = whole + [UInt8](repeating: 0, count: 400_000 - whole.count)
      try ScratchFolder.withFile(padded) { path in
        let error = #expect(throws: ImageError.self) { try ImageFile.readRGB(path) }
        guard case .outOfProportion(path, size, 192 << 20, _)? = error else {
          #expect(!isRefused, "\(name)")
          return
        }
        #expect(isRefused, "\(name)")
      }
    }
  }

  @Test(arguments: ["rgb8", "indexed8", "rgb8-interlaced", "gray2"])
  func `a PNG cut short anywhere is refused`(name: String) throws {
    let whole = try Fixture.bytes("\(name).png")
    for count in 0..<whole.count {
      try ScratchFolder.withFile(Array(whole[..<count])) { path in
        let error = #expect(throws: ImageError.self) { try ImageFile.readRGB(path) }
        let expected =
          count < 8
          ? "expected a PNG or JPEG file"
          : "truncated PNG file: expected more than the \(count) bytes found"
        #expect(error?.description.hasPrefix("\(path): \(expected)") == true, "\(count) bytes")
      }
    }
  }

  @Test(arguments: ["baseline420", "progressive", "restart", "gray"])
  func `a JPEG cut short anywhere is refused`(name: String) throws {
    let whole = try Fixture.bytes("\(name).jpg")
    for count in 3..<whole.count {
      try ScratchFolder.withFile(Array(whole[..<count])) { path in
        #expect(throws: ImageError.truncated(path: path, format: .jpeg, found: count)) {
          try ImageFile.readRGB(path)
        }
      }
    }
  }

  @Test func `a flipped bit in the pixels of a PNG is refused by its checksum`() throws {
    var damaged = try Fixture.bytes("noise.png")
    damaged[damaged.count / 2] ^= 4
    try ScratchFolder.withFile(damaged) { path in
      let error = #expect(throws: ImageError.self) { try ImageFile.readRGB(path) }
      #expect(error?.description.hasPrefix("\(path): damaged PNG file: IDAT: ") == true)
    }
  }

  @Test func `a marker in the middle of a JPEG's pixels is refused`() throws {
    var damaged = try Fixture.bytes("baseline444.jpg")
    damaged.replaceSubrange(damaged.count - 40..<damaged.count - 38, with: [0xFF, 0xD9])
    try ScratchFolder.withFile(damaged) { path in
      let error = #expect(throws: ImageError.self) { try ImageFile.readRGB(path) }
      #expect(error?.description.hasPrefix("\(path): damaged JPEG file: Corrupt JPEG data") == true)
    }
  }

  /// A fixture whose header declares another size, with the checksum that belongs to it.
  private func resized(_ name: String, width: Int, height: Int) throws -> [UInt8] {
    var whole = try Fixture.bytes(name)
    func bigEndian(_ value: Int, count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
    }
    if name.hasSuffix(".png") {
      whole.replaceSubrange(16..<24, with: bigEndian(width, count: 4) + bigEndian(height, count: 4))
      whole.replaceSubrange(29..<33, with: bigEndian(Int(crc32(whole[12..<29])), count: 4))
    } else {
      let frame = try #require(
        whole.indices.dropLast(9).first {
          whole[$0] == 0xFF && [0xC0, 0xC2].contains(whole[$0 + 1])
        })
      whole.replaceSubrange(
        frame + 5..<frame + 9, with: bigEndian(height, count: 2) + bigEndian(width, count: 2))
    }
    return whole
  }

  /// The checksum of a PNG chunk (ISO 3309).
  private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
  }
}
