import Images
import Segmentation
import Tensors
import TestSupport
import Testing
import Training
import TrainingClips

@Suite struct ImageClipsTests {
  /// Settings under which pixels keep their colours.
  private static var plain: ImageClipSettings {
    var settings = ImageClipSettings()
    (settings.height, settings.width) = (32, 48)
    settings.color = ColorRange()
    settings.colorDrift = ColorRange()
    settings.blur.probability = 0
    settings.occlusion.probability = 0
    return settings
  }

  private func withClips(
    _ settings: ImageClipSettings, seed: UInt64 = 1, _ body: (ImageClips) throws -> Void
  ) throws {
    try ScratchFolder.with { scratch in
      let pictures = SyntheticPictures(scratch: scratch)
      try pictures.write("a", box: (x: 10..<25, y: 8..<22))
      try pictures.write("b", object: SyntheticPictures.green, box: (x: 20..<40, y: 5..<30))
      try body(
        ImageClips(
          images: scratch.file("images"), masks: scratch.file("masks"), settings: settings,
          seed: seed))
    }
  }

  /// Red, green and blue of a pixel.
  private func color(_ clip: TrainingClip, _ frame: Int, _ pixel: Int) -> [Float] {
    let plane = clip.masks[frame].ids.count
    return (0..<3).map { clip.frames[frame].values[$0 * plane + pixel] }
  }

  @Test func `masks are where the pixels of the objects came to lie`() throws {
    var settings = Self.plain
    settings.maximumObjects = 2
    try withClips(settings) { clips in
      for step in 0..<6 {
        let clip = try clips.clip(step: step, position: 0)
        var channels: [UInt8: Int] = [:]
        for frame in 0..<3 {
          for (pixel, id) in clip.masks[frame].ids.enumerated() {
            let color = color(clip, frame, pixel)
            guard let channel = [0, 1].first(where: { color[$0] > 0.501 }) else {
              guard color[2] > 0.501 else { continue }
              #expect(id == 0, "step \(step), frame \(frame)")
              continue
            }
            #expect(id != 0, "step \(step), frame \(frame)")
            #expect(channels[id, default: channel] == channel)
            channels[id] = channel
          }
        }
        #expect(channels.count == clip.objectCount)
      }
    }
  }

  @Test func `frames are of the size asked for, in range, with every object in the first`() throws {
    try withClips(ImageClipSettings.small) { clips in
      for step in 0..<6 {
        let clip = try clips.clip(step: step, position: 1)
        #expect((1...3).contains(clip.objectCount))
        #expect(clip.masks[0].objects == (1...UInt8(clip.objectCount)).map { $0 })
        #expect(clip.source.hasSuffix(".png"))
        for frame in clip.frames {
          #expect(frame.shape == [1, 3, 32, 48])
          #expect(frame.values.allSatisfy { (0...1).contains($0) })
        }
      }
    }
  }

  @Test func `the same place is the same clip, and another place another`() throws {
    try withClips(ImageClipSettings.small) { clips in
      let clip = try clips.clip(step: 3, position: 2)
      let others = [(4, 2), (3, 1), (2, 3)]
      let made = try others.map { try clips.clip(step: $0.0, position: $0.1) }
      let again = try clips.clip(step: 3, position: 2)
      #expect(again == clip)
      #expect(made.allSatisfy { $0.frames != clip.frames })
    }
  }

  @Test func `another seed gives other clips`() throws {
    try withClips(ImageClipSettings.small) { one in
      try withClips(ImageClipSettings.small, seed: 2) { other in
        let (first, second) = (
          try one.clip(step: 0, position: 0), try other.clip(step: 0, position: 0)
        )
        #expect(first.frames != second.frames)
      }
    }
  }

  @Test func `clips do not depend on how much is kept in memory`() throws {
    try ScratchFolder.with { scratch in
      try SyntheticPictures(scratch: scratch).write("a", box: (x: 10..<25, y: 8..<22))
      let clips = try [0, 1 << 20].map {
        try ImageClips(
          images: scratch.file("images"), masks: scratch.file("masks"), settings: .small, seed: 5,
          cacheBytes: $0)
      }
      for step in 0..<3 {
        let made = try clips.map { try $0.clip(step: step, position: 0) }
        #expect(made[0] == made[1])
      }
    }
  }

  @Test func `clips that were prepared on another thread are the same`() throws {
    try withClips(.small) { clips in
      let prepared = PrefetchedClips(clips, positions: 0..<2, from: 0, ahead: 3)
      for step in 0..<3 {
        for position in 0..<2 {
          let one = try prepared.clip(step: step, position: position)
          let other = try clips.clip(step: step, position: position)
          #expect(one == other)
        }
      }
    }
  }

  @Test func `without motion all three frames are the same`() throws {
    var settings = Self.plain
    settings.objectMotion = MotionRange()
    settings.backgroundMotion = MotionRange()
    try withClips(settings) { clips in
      let clip = try clips.clip(step: 0, position: 0)
      #expect(clip.frames[1] == clip.frames[0] && clip.frames[2] == clip.frames[0])
      #expect(clip.masks[1] == clip.masks[0] && clip.masks[2] == clip.masks[0])
    }
  }

  @Test func `what covers an object takes it out of the mask`() throws {
    var settings = Self.plain
    settings.maximumObjects = 1
    settings.objectMotion = MotionRange()
    settings.backgroundMotion = MotionRange()
    settings.occlusion = OcclusionRange(probability: 1, size: 0.9...0.9)
    try withClips(settings) { clips in
      var covered = 0
      for step in 0..<8 {
        let clip = try clips.clip(step: step, position: 0)
        let counts = clip.masks.map { mask in mask.ids.count { $0 == 1 } }
        covered += counts[1] < counts[0] || counts[2] < counts[0] ? 1 : 0
      }
      #expect(covered >= 6)
    }
  }

  @Test func `an object that is too small is looked at closely`() throws {
    var settings = Self.plain
    settings.ownBackground = 1
    settings.leastArea = 0.02
    settings.maximumObjects = 1
    try ScratchFolder.with { scratch in
      try SyntheticPictures(scratch: scratch).write(
        "a", size: ImageSize(width: 200, height: 150), box: (x: 150..<156, y: 100..<105))
      let clips = try ImageClips(
        images: scratch.file("images"), masks: scratch.file("masks"), settings: settings, seed: 1)
      let clip = try clips.clip(step: 0, position: 0)
      #expect(clip.masks[0].ids.count { $0 == 1 } >= 30)
    }
  }

  @Test func `void pixels of a mask are part of nothing`() throws {
    var settings = Self.plain
    settings.maximumObjects = 1
    settings.ownBackground = 1
    try ScratchFolder.with { scratch in
      try SyntheticPictures(scratch: scratch).write(
        "a", box: (x: 10..<30, y: 8..<28), void: (x: 10..<30, y: 20..<28))
      let clips = try ImageClips(
        images: scratch.file("images"), masks: scratch.file("masks"), settings: settings, seed: 1)
      let clip = try clips.clip(step: 0, position: 0)
      for frame in 0..<3 {
        for (pixel, id) in clip.masks[frame].ids.enumerated() {
          #expect(id <= 3 && (id != 0 || color(clip, frame, pixel)[0] <= 0.501))
        }
      }
    }
  }

  @Test func `cut-outs are put onto backgrounds`() throws {
    try ScratchFolder.with { scratch in
      let pictures = SyntheticPictures(scratch: scratch)
      try pictures.write("plain", images: "backgrounds", box: (x: 0..<0, y: 0..<0))
      try pictures.writeCutOut("one", color: 1)
      try pictures.writeCutOut("two", color: 2)
      let clips = try ImageClips(
        cutOuts: scratch.file("cutouts"), backgrounds: scratch.file("backgrounds"),
        settings: Self.plain, seed: 1)
      #expect(clips.count == 2)
      for step in 0..<4 {
        let clip = try clips.clip(step: step, position: 0)
        for (pixel, id) in clip.masks[2].ids.enumerated() {
          let color = color(clip, 2, pixel)
          #expect(id == 0 ? max(color[0], color[1]) <= 0.501 : color[2] < 0.501)
        }
      }
    }
  }
}

extension ImageClipSettings {
  /// All that may happen, in a small frame.
  static var small: ImageClipSettings {
    var settings = ImageClipSettings()
    (settings.height, settings.width) = (32, 48)
    settings.blur.probability = 1
    settings.occlusion.probability = 1
    return settings
  }
}
