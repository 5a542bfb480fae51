import Segmentation
import Tensors
import TestSupport
import Testing
import Training
import TrainingClips

@Suite struct VideoClipsTests {
  /// Settings under which pixels keep their colours and places.
  private static var plain: VideoClipSettings {
    var settings = VideoClipSettings()
    (settings.height, settings.width) = (32, 32)
    settings.color = ColorRange()
    return settings
  }

  private func withClips(
    _ settings: VideoClipSettings = plain, frames: Int = 12, masks: [Int]? = nil, speed: Int = 3,
    _ body: (VideoClips) throws -> Void
  ) throws {
    try ScratchFolder.with { scratch in
      try SyntheticVideo(scratch: scratch).write("a", frames: frames, masks: masks, speed: speed)
      try body(VideoClips(ClipSet(path: scratch.path), settings: settings, seed: 1))
    }
  }

  /// The numbers of the frames that `clip` is made of.
  private func numbers(_ clip: TrainingClip) -> [Int] {
    clip.source.dropFirst(2).split(separator: ", ").compactMap { Int($0) }
  }

  @Test func `masks show where the objects are in the part that is seen`() throws {
    try withClips { clips in
      for step in 0..<8 {
        let clip = try clips.clip(step: step, position: 0)
        #expect(clip.masks[0].objects == (1...UInt8(clip.objectCount)).map { $0 })
        var channels: [UInt8: Int] = [:]
        for frame in 0..<3 {
          let plane = clip.masks[frame].ids.count
          for (pixel, id) in clip.masks[frame].ids.enumerated() where id != 0 {
            let color = (0..<3).map { clip.frames[frame].values[$0 * plane + pixel] }
            if id == ObjectMask.void {
              #expect(color.reduce(0, +) > 1)
              continue
            }
            let channel = color[0] > color[1] ? 0 : 1
            #expect(color[channel] > 0.24 && channels[id, default: channel] == channel)
            channels[id] = channel
          }
        }
      }
    }
  }

  @Test func `all three frames show the same part`() throws {
    var settings = Self.plain
    settings.maximumObjects = 2
    try withClips(settings) { clips in
      var (seen, mirrored) = (0, Set<[Float]>())
      for step in 0..<10 {
        let clip = try clips.clip(step: step, position: 0)
        let plane = clip.masks[0].ids.count
        let greens = clip.frames.map { $0.values[plane..<2 * plane].map { $0 } }
        #expect(greens[0] == greens[1] && greens[1] == greens[2])
        mirrored.insert(greens[0])
        seen += clip.objectCount
      }
      #expect(seen > 10 && mirrored.count == 10)
    }
  }

  @Test func `objects that leave are not in the masks that follow`() throws {
    var settings = Self.plain
    settings.crop = 1...1
    try withClips(settings, frames: 3, speed: 30) { clips in
      let clip = try clips.clip(step: 0, position: 0)
      #expect(clip.objectCount == 2)
      #expect(clip.masks[0].objects == [1, 2])
      #expect(clip.masks[2].objects == [2])
    }
  }

  @Test func `void stays void, and objects beyond the most are background`() throws {
    var settings = Self.plain
    settings.crop = 1...1
    settings.maximumObjects = 1
    try withClips(settings) { clips in
      var channels = Set<Int>()
      for step in 0..<8 {
        let clip = try clips.clip(step: step, position: 0)
        #expect(Set(clip.masks[0].ids) == [0, 1, ObjectMask.void])
        let plane = clip.masks[0].ids.count
        let pixel = try #require(clip.masks[0].ids.firstIndex(of: 1))
        channels.insert(clip.frames[0].values[pixel] > clip.frames[0].values[plane + pixel] ? 0 : 1)
      }
      #expect(channels == [0, 1])
    }
  }

  @Test func `the largest skip grows with the steps, in frames with masks`() throws {
    var settings = Self.plain
    settings.skip = SkipSchedule(start: 0, maximum: 2, increase: 1, everySteps: 100)
    let masks = [0, 2, 4, 6, 8, 10, 12, 14]
    try withClips(settings, frames: 16, masks: masks, speed: 1) { clips in
      for (step, largest) in [(0, 0), (99, 0), (100, 1), (250, 2), (9000, 2)] {
        var skips = Set<Int>()
        for position in 0..<24 {
          let numbers = numbers(try clips.clip(step: step, position: position))
          #expect(numbers.count == 3 && numbers.allSatisfy(masks.contains))
          skips.formUnion(zip(numbers, numbers.dropFirst()).map { ($1 - $0) / 2 - 1 })
        }
        #expect(skips == Set(0...largest), "step \(step)")
      }
    }
  }

  @Test func `a clip that is too short skips what it has`() throws {
    var settings = Self.plain
    settings.skip = SkipSchedule(start: 20)
    try withClips(settings, frames: 4) { clips in
      let chosen = try Set((0..<60).map { numbers(try clips.clip(step: $0, position: 0)) })
      #expect(chosen == [[0, 1, 2], [1, 2, 3], [0, 1, 3], [0, 2, 3]])
    }
  }

  @Test func `the same place is the same clip, and another place another`() throws {
    var settings = VideoClipSettings()
    (settings.height, settings.width) = (32, 48)
    try withClips(settings) { clips in
      let clip = try clips.clip(step: 3, position: 2)
      let others = try [(4, 2), (3, 1), (2, 3)].map { try clips.clip(step: $0.0, position: $0.1) }
      let again = try clips.clip(step: 3, position: 2)
      #expect(again == clip)
      #expect(others.allSatisfy { $0.frames != clip.frames })
      #expect(clip.frames.allSatisfy { $0.shape == [1, 3, 32, 48] })
    }
  }

  @Test func `the skip grows to its maximum, and no further`() {
    let schedule = SkipSchedule()
    #expect([0, 19_999, 20_000, 99_999].map(schedule.largestSkip) == [0, 0, 5, 20])
    #expect([100_000, Int.max].map(schedule.largestSkip) == [25, 25])
    let steep = SkipSchedule(start: 3, maximum: 7, increase: 9, everySteps: 1)
    #expect([0, 1, Int.max].map(steep.largestSkip) == [3, 7, 7])
  }
}
