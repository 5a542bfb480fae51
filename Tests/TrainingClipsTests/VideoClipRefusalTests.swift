import Files
import Segmentation
import TestSupport
import Testing
import TrainingClips

@Suite struct VideoClipRefusalTests {
  private static var settings: VideoClipSettings {
    var settings = VideoClipSettings()
    (settings.height, settings.width) = (32, 32)
    return settings
  }

  @Test func `clips with masks for fewer than three frames are all named`() throws {
    try ScratchFolder.with { scratch in
      let video = SyntheticVideo(scratch: scratch)
      try video.write("a", frames: 4)
      try video.write("b", frames: 5, masks: [0, 3])
      try video.write("c", frames: 5, masks: [0])
      let error = #expect(throws: TrainingClipsError.self) {
        try VideoClips(ClipSet(path: scratch.path), settings: Self.settings, seed: 1)
      }
      #expect(
        error == .tooFewMasks([.init(name: "b", found: 2), .init(name: "c", found: 1)]))
      #expect(
        error?.lines == ["expected at least 3 frames with masks:", "b: found 2", "c: found 1"])
    }
  }

  @Test func `clips that cannot be opened are all named`() throws {
    try ScratchFolder.with { scratch in
      try SyntheticVideo(scratch: scratch).write("a", frames: 4)
      try Folder.create(at: scratch.file("b"))
      try Folder.create(at: scratch.file("c/frames"))
      let error = #expect(throws: TrainingClipsError.self) {
        try VideoClips(ClipSet(path: scratch.path), settings: Self.settings, seed: 1)
      }
      #expect(
        error
          == .unusable(
            path: scratch.path,
            reasons: [
              "\(scratch.path)/b/frames: no such folder",
              "\(scratch.path)/c/frames: expected .jpg or .png frames, found none",
            ]))
    }
  }

  @Test func `no clips are refused`() {
    #expect(throws: TrainingClipsError.noClips) {
      try VideoClips(clips: [], settings: Self.settings, seed: 1)
    }
  }

  @Test func `a clip whose objects are never large enough is named`() throws {
    try ScratchFolder.with { scratch in
      try SyntheticVideo(scratch: scratch).write("a", frames: 3)
      var settings = Self.settings
      settings.leastArea = 0.5
      settings.crop = 1...1
      settings.height = 512
      let clips = try VideoClips(ClipSet(path: scratch.path), settings: settings, seed: 1)
      #expect(throws: TrainingClipsError.objectNotInView(path: "a", attempts: 50)) {
        try clips.clip(step: 0, position: 0)
      }
    }
  }

  @Test func `a size that is no multiple of 16 and impossible schedules are refused`() {
    var settings = Self.settings
    settings.width = 0
    #expect(throws: TrainingClipsError.size(height: 32, width: 0)) {
      try VideoClips(clips: [], settings: settings, seed: 1)
    }
    settings.width = 32
    settings.skip = SkipSchedule(start: 4, maximum: 2, everySteps: 0)
    let error = #expect(throws: TrainingClipsError.self) {
      try VideoClips(clips: [], settings: settings, seed: 1)
    }
    #expect(
      error?.lines == [
        "settings of the clips:", "largest skip: expected 4 to 1000000, found 2",
        "steps between increases of the skip: expected 1 to \(Int.max), found 0",
      ])
  }
}
