import Files
import Images
import TestSupport
import Testing
import TrainingClips

@Suite struct ImageClipRefusalTests {
  private func refusal(
    _ settings: ImageClipSettings = .small, _ prepare: (SyntheticPictures) throws -> Void
  ) throws -> (error: TrainingClipsError?, folder: String) {
    try ScratchFolder.with { scratch in
      for folder in ["images", "masks", "cutouts", "backgrounds"] {
        try Folder.create(at: scratch.file(folder))
      }
      try prepare(SyntheticPictures(scratch: scratch))
      let error = #expect(throws: TrainingClipsError.self) {
        let clips = try ImageClips(
          images: scratch.file("images"), masks: scratch.file("masks"), settings: settings, seed: 1)
        _ = try clips.clip(step: 0, position: 0)
      }
      return (error, scratch.path)
    }
  }

  private func cutOutRefusal(
    _ prepare: (SyntheticPictures) throws -> Void
  ) throws -> (error: TrainingClipsError?, folder: String) {
    try ScratchFolder.with { scratch in
      for folder in ["cutouts", "backgrounds"] { try Folder.create(at: scratch.file(folder)) }
      try prepare(SyntheticPictures(scratch: scratch))
      let error = #expect(throws: TrainingClipsError.self) {
        try ImageClips(
          cutOuts: scratch.file("cutouts"), backgrounds: scratch.file("backgrounds"),
          settings: .small, seed: 1)
      }
      return (error, scratch.path)
    }
  }

  @Test func `a size that is no multiple of 16 is refused`() throws {
    var settings = ImageClipSettings.small
    settings.height = 40
    let (error, _) = try refusal(settings) { _ in }
    #expect(error == .size(height: 40, width: 48))
    #expect(error?.fault == .usage)
  }

  @Test func `all settings that make no sense are named`() throws {
    var settings = ImageClipSettings.small
    settings.maximumObjects = 0
    settings.crop = 0...0.5
    settings.objectMotion.warp = 0.5
    settings.color.hue = .nan
    let (error, _) = try refusal(settings) { _ in }
    #expect(
      error
        == .settings([
          "most objects: expected 1 to 254, found 0", "least crop: expected 0.01 to 1.0, found 0.0",
          "object motion warp: expected 0.0 to 0.12, found 0.5",
          "color hue: expected 0 to 180.0, found nan",
        ]))
  }

  @Test func `a folder without images is refused`() throws {
    let (error, folder) = try refusal { _ in }
    #expect(error == .noImages(path: "\(folder)/images"))
    #expect(error?.fault == .missingInput)
  }

  @Test func `images without masks and masks without images are all named`() throws {
    let (error, folder) = try refusal { pictures in
      for (name, masks) in [("a", "masks"), ("b", "others"), ("c", "others")] {
        try pictures.write(name, masks: masks, box: (x: 0..<9, y: 0..<9))
      }
      try pictures.write("d", images: "others", box: (x: 0..<9, y: 0..<9))
    }
    #expect(
      error
        == .unpaired(
          images: "\(folder)/images", masks: "\(folder)/masks",
          withoutMask: ["\(folder)/images/b.png", "\(folder)/images/c.png"],
          withoutImage: ["\(folder)/masks/d.png"]))
    #expect(error?.lines.last == "\(folder)/masks/d.png: no image")
  }

  @Test func `masks without objects are all named`() throws {
    let (error, folder) = try refusal { pictures in
      try pictures.write("a", box: (x: 0..<9, y: 0..<9))
      try pictures.write("b", box: (x: 0..<0, y: 0..<0))
      try pictures.write("c", box: (x: 0..<9, y: 0..<9), void: (x: 0..<48, y: 0..<40))
    }
    #expect(error == .noObjects(paths: ["\(folder)/masks/b.png", "\(folder)/masks/c.png"]))
  }

  @Test func `masks of another size and damaged files are all named`() throws {
    let (error, folder) = try refusal { pictures in
      try pictures.write("a", box: (x: 0..<9, y: 0..<9))
      try pictures.write(
        "a", images: "others", size: ImageSize(width: 9, height: 9), box: (x: 0..<9, y: 0..<9))
      try pictures.write("b", box: (x: 0..<9, y: 0..<9))
      try pictures.scratch.write(Array("no picture".utf8), to: "images/b.png")
    }
    guard case .unusable(let path, let reasons)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == "\(folder)/images" && reasons.count == 2)
    #expect(reasons[0].contains("a.png: expected a mask of 48x40 pixels"))
    #expect(reasons[1].contains("b.png: expected a PNG or JPEG file"))
  }

  @Test func `a picture whose object never comes into view is named`() throws {
    var settings = ImageClipSettings.small
    settings.leastArea = 0.5
    settings.objectSize = 0.1...0.1
    settings.crop = 1...1
    settings.ownBackground = 0
    let (error, folder) = try refusal(settings) { pictures in
      try pictures.write("a", box: (x: 0..<4, y: 0..<30))
    }
    #expect(error == .objectNotInView(path: "\(folder)/images/a.png", attempts: 20))
  }

  @Test func `a folder without cut-outs is refused`() throws {
    let (error, folder) = try cutOutRefusal { _ in }
    #expect(error == .noCutOuts(path: "\(folder)/cutouts"))
  }

  @Test func `pictures that are opaque all over or nowhere are no cut-outs`() throws {
    let (error, folder) = try cutOutRefusal { pictures in
      try pictures.write("plain", images: "backgrounds", box: (x: 0..<0, y: 0..<0))
      try pictures.write("a", images: "cutouts", box: (x: 0..<9, y: 0..<9))
      try pictures.writeCutOut("b", color: 1)
      try pictures.writeCutOut("c", color: 1, isEmpty: true)
    }
    #expect(error == .notCutOuts(paths: ["\(folder)/cutouts/a.png", "\(folder)/cutouts/c.png"]))
  }

  @Test func `a folder without backgrounds is refused`() throws {
    let (error, folder) = try cutOutRefusal { pictures in
      try pictures.writeCutOut("a", color: 1)
    }
    #expect(error == .noBackgrounds(path: "\(folder)/backgrounds"))
  }
}
