import Files
import Foundation
import Images
import Segmentation
import Tensors
import Testing

@Suite struct ClipTests {
  @Test func `a clip lists its frames and knows its objects`() throws {
    let clip = try Clip(path: try fixture("indexed") + "/")
    #expect(clip.name == "indexed")
    #expect(clip.frameNames == ["00000", "00001", "00002"])
    #expect(clip.frameCount == 3)
    #expect((clip.width, clip.height) == (30, 17))
    #expect(clip.objects == [1, 2])
    #expect(clip.palette.bytes[..<12] == [0, 0, 0, 10, 200, 30, 40, 50, 220, 7, 7, 7])
  }

  @Test(arguments: [(nil, 30, 17), (30, 30, 17), (20, 20, 11)])
  func `frames are those of Pillow, as planes of 0 to 1`(
    longEdge: Int?, width: Int, height: Int
  ) throws {
    let clip = try Clip(path: try fixture("indexed"), longEdge: longEdge)
    let expected = try bytes(of: "indexed/00002.\(width)x\(height).rgb")
    let frame = try clip.frame(2)
    #expect(frame.shape == [1, 3, height, width])
    let planes = (0..<3).flatMap { channel in
      stride(from: channel, to: expected.count, by: 3).map { Float(expected[$0]) / 255 }
    }
    #expect(frame.values == planes)
  }

  @Test(arguments: [(nil, 30, 17), (20, 20, 11)])
  func `void is background in the first mask and kept in the truth`(
    longEdge: Int?, width: Int, height: Int
  ) throws {
    let clip = try Clip(path: try fixture("indexed"), longEdge: longEdge)
    let expected = try bytes(of: "indexed/00000.\(width)x\(height).ids")
    #expect(expected.contains(ObjectMask.void))
    #expect(try clip.truth(0) == ObjectMask(width: width, height: height, ids: expected))
    #expect(clip.firstMask.ids == expected.map { $0 == 255 ? 0 : $0 })
    #expect(try clip.truth(1) == nil)
    #expect(try clip.truth(2)?.ids == (try bytes(of: "indexed/00002.\(width)x\(height).ids")))
    #expect(clip.truthFrames == [0, 2])
  }

  @Test func `a gray mask is one object where it is above 127`() throws {
    let clip = try Clip(path: try fixture("gray"))
    #expect(clip.objects == [1])
    #expect(clip.palette == .objects)
    #expect(clip.firstMask.ids == (try bytes(of: "gray/frame_0.ids")))
    #expect(try clip.truth(0) == clip.firstMask)
  }

  @Test func `frames beyond the maximum are left out`() throws {
    #expect(try Clip(path: try fixture("indexed"), maximumFrames: 2).frameCount == 2)
  }

  @Test func `halves round to even, as Python rounds`() throws {
    try withClip(frames: [("0.png", 8, 5), ("1.png", 8, 5)], masks: [("0.png", 8, 5, 1)]) { path in
      let clip = try Clip(path: path, longEdge: 4)
      #expect((clip.width, clip.height) == (4, 2))
    }
  }

  @Test func `an object of which scaling leaves nothing is refused by its id`() throws {
    try withClip(frames: [("0.png", 8, 8), ("1.png", 8, 8)], masks: [("0.png", 8, 8, 1)]) { path in
      var ids = [UInt8](repeating: 1, count: 64)
      ids[1] = 7
      try ImageFile.writeMask(
        MaskImage(size: ImageSize(width: 8, height: 8), values: ids, palette: .objects),
        to: "\(path)/masks/0.png")
      #expect(try Clip(path: path).objects == [1, 7])
      #expect(
        throws: ClipError.lostObjects(
          path: "\(path)/masks/0.png", objects: [7], size: ImageSize(width: 2, height: 2),
          fullSize: ImageSize(width: 8, height: 8))
      ) { try Clip(path: path, longEdge: 2) }
    }
  }

  @Test func `numbers without zeros in front come in their order, and hidden files are none`()
    throws
  {
    let names = (1...11).map { ("\($0).png", 4, 4) }
    try withClip(frames: names, masks: [("1.png", 4, 4, 1)]) { path in
      try Data().write(to: URL(fileURLWithPath: "\(path)/frames/._1.png"))
      #expect(try Clip(path: path).frameNames == (1...11).map(String.init))
    }
    try withClip(frames: names.filter { $0.0 != "10.png" }, masks: [("1.png", 4, 4, 1)]) { path in
      #expect(
        throws: ClipError.missingFrame(path: "\(path)/frames/11.png", expected: 10, found: 11)
      ) { try Clip(path: path) }
    }
    try withClip(
      frames: [("1.png", 4, 4), ("2.png", 4, 4), ("02.png", 4, 4)], masks: [("1.png", 4, 4, 1)]
    ) { path in #expect(throws: ClipError.self) { try Clip(path: path) } }
  }

  @Test func `other files and masks without a frame are left alone`() throws {
    try withClip(
      frames: [("a.png", 4, 4), ("b.PNG", 4, 4)], masks: [("a.png", 4, 4, 3), ("z.png", 9, 9, 1)]
    ) { path in
      try Data().write(to: URL(fileURLWithPath: "\(path)/frames/.png"))
      try Data().write(to: URL(fileURLWithPath: "\(path)/frames/Thumbs.db"))
      let clip = try Clip(path: path)
      #expect(clip.frameNames == ["a", "b"])
      #expect(clip.objects == [3])
    }
  }

  @Test func `a missing folder is refused by name`() throws {
    let path = try fixture("none")
    #expect(throws: ClipError.missingFolder(path: path)) { try Clip(path: path) }
    try withClip(frames: [], masks: []) { path in
      try FileManager.default.removeItem(atPath: "\(path)/frames")
      #expect(throws: ClipError.missingFolder(path: "\(path)/frames")) { try Clip(path: path) }
    }
  }

  @Test(arguments: ["frames", "masks", "masks/"])
  func `a part of a clip is refused with the clip that is meant`(part: String) throws {
    let clip = try fixture("indexed")
    let path = "\(clip)/\(part)"
    let error = #expect(throws: ClipError.notAClip(path: path, found: .part(of: clip))) {
      try Clip(path: path)
    }
    #expect(error?.hint == "name the clip's own folder: \(clip)")
  }

  @Test func `pictures and clips are told from a clip`() throws {
    try withClip(frames: [("0.png", 4, 4), ("1.png", 4, 4)], masks: [("0.png", 4, 4, 1)]) { path in
      let pictures = "\(path)/pictures"
      try FileManager.default.copyItem(atPath: "\(path)/frames", toPath: pictures)
      #expect(throws: ClipError.notAClip(path: pictures, found: .pictures)) {
        try Clip(path: pictures)
      }
      let clips = "\(path)/clips"
      try FileManager.default.createDirectory(
        atPath: "\(clips)/one/frames", withIntermediateDirectories: true)
      #expect(throws: ClipError.notAClip(path: clips, found: .clips)) { try Clip(path: clips) }
    }
  }

  @Test func `a file is refused as a clip of folders, with what to do`() throws {
    let picture = try fixture("indexed/frames/00000.jpg")
    let error = #expect(throws: ClipError.notAFolder(path: picture)) { try Clip(path: picture) }
    #expect(error?.description == "\(picture): expected a folder of frames, found a file")
    #expect(error?.hint == "name the clip's folder: \(try fixture("indexed"))")
    let other = #filePath
    #expect(
      ClipError.notAFolder(path: other).hint.hasSuffix(
        ": mkdir -p frames && ffmpeg -i \(other.shellWord) frames/%05d.png"))
  }

  @Test func `a clip without frames is refused`() throws {
    try withClip(frames: [], masks: []) { path in
      #expect(throws: ClipError.noFrames(path: "\(path)/frames")) { try Clip(path: path) }
    }
  }

  @Test func `a clip of one frame is refused`() throws {
    try withClip(frames: [("0.png", 4, 4)], masks: [("0.png", 4, 4, 1)]) { path in
      #expect(throws: ClipError.tooFewFrames(path: "\(path)/frames", found: 1)) {
        try Clip(path: path)
      }
    }
  }

  @Test func `two frames of one name are refused`() throws {
    try withClip(frames: [("0.jpg", 4, 4), ("0.png", 4, 4)], masks: []) { path in
      #expect(throws: ClipError.ambiguousName(path: "\(path)/frames/0.png", other: "0.jpg")) {
        try Clip(path: path)
      }
    }
  }

  @Test func `a first frame without a mask is refused with the name that it needs`() throws {
    let frames = [("0.png", 4, 4), ("1.png", 4, 4)]
    try withClip(frames: frames, masks: [("1.png", 4, 4, 1)]) { path in
      #expect(throws: ClipError.noFirstMask(path: "\(path)/masks/0.png")) { try Clip(path: path) }
      try FileManager.default.removeItem(atPath: "\(path)/masks")
      #expect(throws: ClipError.noFirstMask(path: "\(path)/masks/0.png")) { try Clip(path: path) }
    }
  }

  @Test func `a frame of another size is refused when the clip is opened`() throws {
    try withClip(
      frames: [("0.png", 4, 6), ("1.png", 4, 6), ("2.png", 6, 4)], masks: [("0.png", 4, 6, 1)]
    ) { path in
      let error = #expect(throws: ClipError.self) { try Clip(path: path) }
      #expect(
        error?.description
          == "\(path)/frames/2.png: expected a frame of 4x6 pixels as the first, found 6x4")
    }
  }

  @Test func `a mask of another size is refused when the clip is opened`() throws {
    let frames = [("0.png", 4, 6), ("1.png", 4, 6)]
    try withClip(frames: frames, masks: [("0.png", 4, 6, 1), ("1.png", 4, 5, 1)]) { path in
      #expect(
        throws: ClipError.maskSize(
          path: "\(path)/masks/1.png", expected: ImageSize(width: 4, height: 6),
          found: ImageSize(width: 4, height: 5))
      ) { try Clip(path: path) }
    }
  }

  @Test(arguments: [0, 255] as [UInt8])
  func `a first mask of background and void is refused`(id: UInt8) throws {
    let frames = [("0.png", 4, 4), ("1.png", 4, 4)]
    try withClip(frames: frames, masks: [("0.png", 4, 4, id)]) { path in
      #expect(
        throws: ClipError.noObject(path: "\(path)/masks/0.png", expected: "ids from 1", largest: 0)
      ) { try Clip(path: path) }
    }
  }

  @Test func `a first gray mask that holds ids is refused rather than thresholded`() throws {
    try withClip(frames: [("a.png", 21, 13), ("b.png", 21, 13)], masks: []) { path in
      try FileManager.default.copyItem(
        atPath: try fixture("gray-ids.png"), toPath: "\(path)/masks/a.png")
      #expect(
        throws: ClipError.noObject(
          path: "\(path)/masks/a.png", expected: "gray values of 255", largest: 2)
      ) { try Clip(path: path) }
    }
  }

  @Test func `a frame that changed its size since is refused`() throws {
    let frames = [("0.png", 4, 4), ("1.png", 4, 4)]
    try withClip(frames: frames, masks: [("0.png", 4, 4, 1)]) { path in
      let clip = try Clip(path: path)
      try writeFrame("\(path)/frames/1.png", width: 5, height: 4)
      #expect(
        throws: ClipError.frameSize(
          path: "\(path)/frames/1.png", expected: ImageSize(width: 4, height: 4),
          found: ImageSize(width: 5, height: 4))
      ) { try clip.frame(1) }
    }
  }

  /// Lends a clip of black frames and of masks filled with one id.
  private func withClip(
    frames: [(String, Int, Int)], masks: [(String, Int, Int, UInt8)],
    _ body: (String) throws -> Void
  ) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try Folder.create(at: "\(path)/frames")
    try Folder.create(at: "\(path)/masks")
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, width, height) in frames {
      try writeFrame("\(path)/frames/\(name)", width: width, height: height)
    }
    for (name, width, height, id) in masks {
      let values = [UInt8](repeating: id, count: width * height)
      let size = ImageSize(width: width, height: height)
      try ImageFile.writeMask(
        MaskImage(size: size, values: values, palette: nil), to: "\(path)/masks/\(name)")
    }
    try body(path)
  }

  private func writeFrame(_ path: String, width: Int, height: Int) throws {
    let size = ImageSize(width: width, height: height)
    let image = RGBImage(size: size, bytes: [UInt8](repeating: 0, count: 3 * width * height))
    try ImageFile.writeRGB(image, to: path)
  }

  private func fixture(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL?.appendingPathComponent("Fixtures"))
    return folder.appendingPathComponent(name).path
  }

  private func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: try fixture(name))))
  }
}
