import Evaluation
import Foundation
import Images
import TestSupport
import Testing

@Suite struct EvaluationTests {
  private func expect(
    _ found: ScoreStatistics?, _ expected: [Double], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(found)
    for (value, other) in zip([found.mean, found.recall, found.decay], expected) {
      #expect(abs(value - other) < 1e-9, "\(what)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: EvaluationProtocol.allCases, [false, true])
  func `every figure is that of NumPy, SciPy and scikit-image`(
    rules: EvaluationProtocol, ignoresVoid: Bool
  ) throws {
    let fixture = try EvaluationFixture.read()
    let expected = try #require(
      fixture.cases.first {
        $0.protocol == rules.rawValue && (rules != .davis2017 || $0.ignoresVoid == ignoresVoid)
      })
    try ScratchFolder.with { folder in
      try fixture.write(to: folder)
      let found = try folder.evaluate(rules) { options in
        options.sequences = expected.sequences
        options.ignoresVoid = ignoresVoid
      }
      #expect(found.sequences.map(\.name) == expected.sequences)
      let objects = found.sequences.flatMap { sequence in
        sequence.objects.map { (sequence.name, $0) }
      }
      try #require(objects.count == expected.objects.count)
      for ((name, object), other) in zip(objects, expected.objects) {
        #expect(name == other.sequence && object.id == other.id)
        try #require(object.frames.count == other.frames.count)
        for (frame, scores) in zip(object.frames, other.frames) {
          let place = "\(name) \(object.id) \(frame.name)"
          #expect(abs(frame.score.region - scores[0]) < 1e-9, "\(place)")
          #expect(abs(frame.score.boundary - scores[1]) < 1e-9, "\(place)")
        }
        try expect(object.summary?.region, other.region, "\(name) \(object.id)")
        try expect(object.summary?.boundary, other.boundary, "\(name) \(object.id)")
      }
      try expect(found.summary?.region, expected.region, "all")
      try expect(found.summary?.boundary, expected.boundary, "all")
    }
  }

  @Test func `results do not depend on the number of threads`() throws {
    let fixture = try EvaluationFixture.read()
    try ScratchFolder.with { folder in
      try fixture.write(to: folder)
      let one = try folder.evaluate(.davis2016)
      let many = try folder.evaluate(.davis2016) { $0.threads = 3 }
      #expect(one.sequences.map(\.summary) == many.sequences.map(\.summary))
      #expect(one.sequences.count == 4)
    }
  }

  @Test func `the first and the last frame count when asked for`() throws {
    try ScratchFolder.with { folder in
      try folder.writeMasks([[1, 1], [1, 0], [1, 0], [1, 1]], to: "truth")
      try folder.writeMasks([[1, 1], [1, 0], [1, 0], [1, 0]], to: "prediction")
      func regions(_ change: (inout EvaluationOptions) -> Void) throws -> [Double] {
        try folder.evaluate(.davis2017, change).sequences[0].objects[0].frames.map(\.score.region)
      }
      #expect(try regions { _ in } == [1, 1])
      #expect(try regions { $0.countsFirst = true } == [1, 1, 1])
      #expect(try regions { $0.countsLast = true } == [1, 1, 0.5])
    }
  }

  @Test func `an object that is not predicted scores 0 where it is`() throws {
    try ScratchFolder.with { folder in
      try folder.writeMasks([[1, 2, 0], [1, 2, 0], [1, 0, 0], [1, 2, 0]], to: "truth")
      try folder.writeMasks([[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], to: "prediction")
      let objects = try folder.evaluate(.davis2017).sequences[0].objects
      #expect(objects.map { $0.frames.map(\.score.region) } == [[1, 1], [0, 1]])
      #expect(objects.map { $0.frames.map(\.score.boundary) } == [[1, 1], [0, 1]])
    }
  }

  @Test func `objects that appear later count for YouTube-VOS alone`() throws {
    try ScratchFolder.with { folder in
      try folder.writeMasks([[1, 0], [1, 2], [1, 2], [1, 2]], to: "truth")
      try folder.writeMasks([[1, 0], [1, 0], [1, 2], [1, 0]], to: "prediction")
      let later = try folder.evaluate(.youtubeVOS).sequences[0].objects
      #expect(later.map(\.id) == [1, 2])
      #expect(
        later.map { $0.frames.map(\.name) } == [["00001", "00002", "00003"], ["00002", "00003"]])
      #expect(later[1].frames.map(\.score.region) == [1, 0])
      try folder.writeMasks([[1, 0], [1, 0], [1, 0], [1, 0]], to: "prediction")
      #expect(try folder.evaluate(.davis2017).sequences[0].objects.map(\.id) == [1])
    }
  }

  @Test func `a set that lists frames and categories is scored by them`() throws {
    try ScratchFolder.with { folder in
      for name in ["a", "b"] {
        try folder.writeMasks(
          [[1, 1, 0, 0], [1, 1, 0, 2], [1, 1, 0, 2], [1, 1, 0, 2]], to: "truth/Annotations/\(name)")
        try folder.writeMasks(
          [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 2], [1, 1, 2, 2]], to: "prediction/\(name)")
      }
      let meta = """
        {"videos": {
          "a": {"objects": {
            "1": {"category": "cat", "frames": ["00000", "00001", "00003"]},
            "2": {"category": "yeti", "frames": ["00001", "00003"]}}},
          "b": {"objects": {"2": {"category": "cat", "frames": ["00003"]},
                            "1": {"category": "cat", "frames": ["00000", "00001"]}}}}}
        """
      let path = try folder.write(Array(meta.utf8), to: "meta.json")
      let seen = try folder.write(Array("cat\ndog\n".utf8), to: "seen.txt")
      let found = try folder.evaluate(.youtubeVOS) { options in
        options.metadata = (try! VideoMetadata(path: path), path)
        options.seenCategories = try! VideoMetadata.categories(path: seen)
      }
      let objects = found.sequences.flatMap(\.objects)
      #expect(objects.map { $0.frames.map(\.score.region) } == [[0.5, 1], [0.5], [0.5], []])
      #expect(objects[3].summary == nil)
      let categories = try #require(found.categories)
      #expect(categories.seenCount == 2 && categories.unseenCount == 1)
      #expect(categories.seen?.region.mean == 0.625 && categories.unseen?.region.mean == 0.5)
      let boundaries = try [#require(categories.seen), #require(categories.unseen)].map {
        $0.boundary.mean
      }
      #expect(categories.overall == (0.625 + 0.5 + boundaries[0] + boundaries[1]) / 4)
    }
  }

  @Test func `the categories of a training set are those of its objects`() throws {
    try ScratchFolder.with { folder in
      let meta = """
        {"videos": {"a": {"objects": {"1": {"category": "cat"}, "2": {"category": "dog"}}},
                    "b": {"objects": {"1": {"category": "cat", "frames": ["0"]}}}}}
        """
      let path = try folder.write(Array(meta.utf8), to: "meta.json")
      #expect(try VideoMetadata.categories(path: path) == ["cat", "dog"])
    }
  }

  @Test func `masks of 0 and 255, gray, in one channel or three, are one object in DAVIS-2016`()
    throws
  {
    try ScratchFolder.with { folder in
      try folder.writeMasks([[0, 255], [0, 255], [0, 255]], to: "truth")
      try folder.writeMasks([[7, 1], [7, 1], [7, 1]], to: "prediction")
      let size = ImageSize(width: 2, height: 1)
      try ImageFile.writeRGB(
        RGBImage(size: size, bytes: [0, 0, 0, 255, 255, 255]), to: folder.file("truth/00001.png"))
      let object = try folder.evaluate(.davis2016).sequences[0].objects[0]
      #expect(object.id == 1 && object.frames.map(\.score.region) == [0.5])
    }
  }

  @Test(arguments: [
    "", "masks/", "Annotations/480p/NAME/", "Annotations/Full-Resolution/NAME/",
    "Annotations/NAME/", "480p/NAME/", "NAME/", "NAME/masks/",
  ])
  func `masks are found in every layout`(layout: String) throws {
    try ScratchFolder.with { folder in
      let inside = layout.replacing("NAME", with: "cat").dropLast()
      let masks: [[UInt8]] = [[1, 0], [1, 0], [1, 0]]
      try folder.writeMasks(masks, to: "truth/\(inside)")
      try folder.writeMasks(masks, to: layout.contains("NAME") ? "prediction/cat" : "prediction")
      let found = try folder.evaluate(.davis2017)
      #expect(found.sequences.map(\.name) == [layout.contains("NAME") ? "cat" : "truth"])
      #expect(found.summary?.overall == 1)
    }
  }

  @Test func `masks are found whatever the case of their extension, in the order of their numbers`()
    throws
  {
    try ScratchFolder.with { folder in
      for number in 8...11 {
        for (side, name) in [("truth", "\(number).png"), ("prediction", "\(number).PNG")] {
          try folder.writeMask([1, 0], width: 2, to: "\(side)/\(name)")
          try folder.write([0], to: "\(side)/._\(number).png")
        }
      }
      let frames = try folder.evaluate(.davis2017).sequences[0].objects[0].frames
      #expect(frames.map(\.name) == ["9", "10"])
    }
  }
}
