import Files
import Foundation
import Segmentation
import Testing

@Suite struct ClipSetTests {
  private let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try Folder.create(at: folder)
  }

  /// Makes `path` in the folder lead to `part` of the fixture `clip`.
  private func link(_ path: String, to clip: String, _ part: String = "") throws {
    let target = "\(folder)/\(path)"
    try Folder.create(at: String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)]))
    let fixtures = try #require(Bundle.module.resourceURL?.appending(path: "Fixtures"))
    try FileManager.default.createSymbolicLink(
      atPath: target, withDestinationPath: fixtures.appending(path: clip + part).path)
  }

  @Test func `every folder is a clip, in the order of their names`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try link("b", to: "indexed")
    try link("a", to: "gray")
    try Folder.create(at: "\(folder)/.hidden")
    try Folder.create(at: "\(folder)/c")
    try Data().write(to: URL(filePath: "\(folder)/README"))
    let set = try ClipSet(path: folder)
    #expect(set.members.map(\.name) == ["a", "b", "c"])
    let clip = try set.members[1].open(longEdge: 20, maximumFrames: 2)
    #expect((clip.name, clip.frameCount, clip.width, clip.objects.count) == ("b", 2, 20, 2))
    #expect(throws: ClipError.missingFolder(path: "\(folder)/c/frames")) {
      try set.members[2].open()
    }
  }

  @Test(arguments: ["", "/480p", "/Full-Resolution"])
  func `the layouts of DAVIS and YouTube-VOS are known`(size: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try link("JPEGImages\(size)/bear", to: "indexed", "/frames")
    try link("Annotations\(size)/bear", to: "indexed", "/masks")
    try Folder.create(at: "\(folder)/ImageSets/2017")
    let set = try ClipSet(path: folder)
    #expect(set.members.map(\.name) == ["bear"])
    let clip = try set.members[0].open()
    #expect((clip.name, clip.frameCount, clip.objects.count) == ("bear", 3, 2))
    #expect(try clip.truth(2) != nil)
    #expect(set.hasLaterObjects == size.isEmpty)
  }

  @Test func `of the sizes of DAVIS the one counts that has frames and masks`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try link("JPEGImages/480p/bear", to: "indexed", "/frames")
    try link("JPEGImages/Full-Resolution/bear", to: "indexed", "/frames")
    try link("Annotations/Full-Resolution/bear", to: "indexed", "/masks")
    #expect(try ClipSet(path: folder).members[0].open().objects.count == 2)
    try link("Annotations/480p/bear", to: "none")
    #expect(try ClipSet(path: folder).members[0].masks == "\(folder)/Annotations/480p/bear")
  }

  @Test func `masks without frames are no clip of a set, and frames without masks are`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try link("JPEGImages/bear", to: "indexed", "/frames")
    try link("Annotations/cat", to: "indexed", "/masks")
    #expect(try ClipSet(path: folder).members.map(\.name) == ["bear"])
    #expect(try DatasetTree(path: folder).withMasks.map(\.name) == ["cat"])
    #expect(throws: ClipError.noFirstMask(path: "\(folder)/Annotations/bear/00000.png")) {
      try ClipSet(path: folder).members[0].open()
    }
  }

  @Test func `clips are chosen by name, in the order asked for`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["bear", "cat", "dog"] { try link(name, to: "indexed") }
    #expect(
      try ClipSet(path: folder, names: ["dog", "bear"]).members.map(\.name) == ["dog", "bear"])
    #expect(
      throws: ClipError.unknownClips(
        path: folder, names: ["beard", "fox"], nearest: [["bear"], []])
    ) { try ClipSet(path: folder, names: ["beard", "cat", "fox"]) }
  }

  @Test func `a clip is no set, and a clip may be called frames`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try link("frames", to: "indexed")
    #expect(try ClipSet(path: folder).members.map(\.name) == ["frames"])
    #expect(throws: ClipError.oneClip(path: "\(folder)/frames")) {
      try ClipSet(path: "\(folder)/frames")
    }
  }

  @Test func `a set that is missing or holds no clip is refused`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: ClipError.noClips(path: folder)) { try ClipSet(path: folder) }
    #expect(throws: ClipError.missingFolder(path: "\(folder)/none")) {
      try ClipSet(path: "\(folder)/none")
    }
    try Folder.create(at: "\(folder)/JPEGImages/480p")
    #expect(throws: ClipError.noClips(path: "\(folder)/JPEGImages/480p")) {
      try ClipSet(path: folder)
    }
  }
}
