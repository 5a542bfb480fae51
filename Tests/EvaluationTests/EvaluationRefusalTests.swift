import Evaluation
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct EvaluationRefusalTests {
  private let good: [[UInt8]] = [[1, 0], [1, 0], [1, 0], [1, 0]]

  /// The problems that scoring finds in a folder whose `prediction` and `truth` are sound but for
  /// what `damage` does.
  private func problems(
    _ rules: EvaluationProtocol = .davis2017, sequences: [String] = ["a"],
    _ change: (inout EvaluationOptions) -> Void = { _ in }, damage: (ScratchFolder) throws -> Void
  ) throws -> [EvaluationProblem] {
    var found: [EvaluationProblem] = []
    try ScratchFolder.with { folder in
      for name in sequences {
        try folder.writeMasks(good, to: "truth/\(name)")
        try folder.writeMasks(good, to: "prediction/\(name)")
      }
      try damage(folder)
      do {
        _ = try folder.evaluate(rules, change)
        Issue.record("nothing was found")
      } catch EvaluationError.problems(let problems) {
        found = problems.map { $0.under(folder.path) }
      }
    }
    return found
  }

  private func remove(_ name: String, _ folder: ScratchFolder) throws {
    try FileManager.default.removeItem(atPath: folder.file(name))
  }

  @Test func `missing masks, other sizes and unreadable files are told at once`() throws {
    let found = try problems(sequences: ["a", "b"]) { folder in
      try remove("prediction/a/00001.png", folder)
      try folder.writeMask([1, 0, 0], width: 3, to: "prediction/a/00002.png")
      try folder.write([1, 2, 3], to: "prediction/b/00001.png")
      try folder.writeMask([1, 0, 0, 0], width: 2, to: "truth/b/00002.png")
    }
    #expect(
      found.map(\.description) == [
        "prediction/a/00001.png: expected a mask, found none",
        "prediction/a/00002.png: expected a mask of 2x1 pixels as the ground truth, found 3x1",
        "prediction/b/00001.png: expected a PNG or JPEG file, found one that starts with 01 02 03",
        "truth/b/00002.png: expected a mask of 2x1 pixels as the ground truth, found 2x2",
      ])
    let error = EvaluationError.problems(found)
    #expect(error.fault == .malformedInput)
    #expect(error.description.hasPrefix("masks: 4 problems\n  prediction/a/00001.png: "))
  }

  @Test func `frames that do not count need no mask`() throws {
    try ScratchFolder.with { folder in
      try folder.writeMasks(good, to: "truth")
      try folder.writeMasks(good, to: "prediction")
      try remove("prediction/00000.png", folder)
      try remove("prediction/00003.png", folder)
      #expect(try folder.evaluate(.davis2017).summary?.overall == 1)
    }
  }

  @Test func `a sequence without a prediction is missing, and so is one without a truth`() throws {
    let found = try problems(sequences: ["a", "b"], { $0.sequences = ["b", "c", "a"] }) { folder in
      try remove("prediction/b", folder)
    }
    #expect(
      found == [
        .noPrediction(sequence: "b", path: "prediction"), .noTruth(sequence: "c", path: "truth"),
      ])
    #expect(EvaluationError.problems(found).fault == .missingInput)
  }

  @Test func `an empty folder is no prediction`() throws {
    let found = try problems { folder in
      for index in 0..<4 { try remove("prediction/a/0000\(index).png", folder) }
      try folder.writeMasks(good, to: "prediction/b")
    }
    #expect(found == [.noPrediction(sequence: "a", path: "prediction/a")])
  }

  @Test func `a truth of nothing but its ends is refused`() throws {
    let found = try problems { folder in
      for index in 2..<4 { try remove("truth/a/0000\(index).png", folder) }
    }
    #expect(found == [.tooFewFrames(path: "truth/a", found: 2, expected: 3)])
  }

  @Test func `a first mask without an object is refused, and one of 255 is that of DAVIS-2016`()
    throws
  {
    #expect(
      try problems { try $0.writeMask([0, 0], width: 2, to: "truth/a/00000.png") }
        == [.noObject(path: "truth/a/00000.png", largest: 0)])
    let void = try problems { try $0.writeMask([255, 0], width: 2, to: "truth/a/00000.png") }
    #expect(void == [.noObject(path: "truth/a/00000.png", largest: 255)])
    #expect(void[0].hint.contains("davis-2016"))
  }

  @Test(arguments: EvaluationProtocol.allCases)
  func `an id that the truth does not know is refused where ids matter`(rules: EvaluationProtocol)
    throws
  {
    func damage(_ folder: ScratchFolder) throws {
      try folder.writeMask([3, 1], width: 2, to: "prediction/a/00002.png")
    }
    guard rules != .davis2016 else {
      try ScratchFolder.with { folder in
        try folder.writeMasks(good, to: "truth/a")
        try folder.writeMasks(good, to: "prediction/a")
        try damage(folder)
        #expect(try folder.evaluate(rules).summary?.region.mean == 0.75)
      }
      return
    }
    #expect(
      try problems(rules, damage: damage)
        == [.unknownObject(path: "prediction/a/00002.png", id: 3, known: [1])])
  }

  @Test func `colours are no mask of DAVIS-2016`() throws {
    let found = try problems(.davis2016) { folder in
      try ImageFile.writeRGB(
        RGBImage(size: ImageSize(width: 2, height: 1), bytes: [9, 0, 0, 0, 0, 0]),
        to: folder.file("prediction/a/00001.png"))
    }
    #expect(
      found.map(\.description) == [
        "prediction/a/00001.png: mask: expected an indexed or 8-bit gray PNG, "
          + "found RGB of 8 bits"
      ])
  }

  @Test func `a set that does not describe its sequences is refused`() throws {
    func described(_ text: String, seen: Set<String>? = nil) throws -> [EvaluationProblem] {
      var found: [EvaluationProblem] = []
      try ScratchFolder.with { folder in
        let path = try folder.write(Array(text.utf8), to: "meta.json")
        let metadata = try VideoMetadata(path: path)
        found = try problems(
          .youtubeVOS,
          {
            $0.metadata = (metadata, "meta.json")
            $0.seenCategories = seen
          }, damage: { _ in })
      }
      return found
    }
    #expect(
      try described(#"{"videos": {}}"#) == [.notDescribed(sequence: "a", path: "meta.json")])
    let object = #"{"videos": {"a": {"objects": {"1": {"frames": ["00000", "00007"]}}}}}"#
    #expect(try described(object) == [.missingMask(path: "truth/a/00007.png")])
    #expect(
      try described(object.replacing("00007", with: "00001"), seen: ["cat"])
        == [.noCategory(sequence: "a", id: 1, path: "meta.json")])
  }

  @Test(arguments: [
    ("[]", "expected JSON"), (#"{"videos": {"a": {"objects": {"x": {}}}}}"#, "found 'x'"),
    (#"{"videos": {"a": {"objects": {"255": {}}}}}"#, "found '255'"),
  ])
  func `a description that is none is refused`(text: String, noun: String) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array(text.utf8), to: "meta.json")
      let error = #expect(throws: EvaluationError.self) { try VideoMetadata(path: path) }
      #expect(error?.description.hasPrefix("\(path): ") == true)
      #expect(error?.description.contains(noun) == true)
    }
  }

  @Test func `folders without masks and folders that are not alike are refused`() throws {
    try ScratchFolder.with { folder in
      try folder.writeMasks(good, to: "truth/a")
      try folder.writeMasks(good, to: "prediction")
      #expect(
        throws: EvaluationError.notAlike(
          single: folder.file("prediction"), several: folder.file("truth"))
      ) { try folder.evaluate(.davis2017) }
      for index in 0..<4 { try remove("prediction/0000\(index).png", folder) }
      #expect(throws: EvaluationError.noMasks(path: folder.file("prediction"))) {
        try folder.evaluate(.davis2017)
      }
      try remove("prediction", folder)
      #expect(throws: FileError.notFound(path: folder.file("prediction"))) {
        try folder.evaluate(.davis2017)
      }
    }
  }

  @Test func `of many problems the first are told`() {
    let problems = (1...60).map { EvaluationProblem.missingMask(path: "\($0).png") }
    let lines = EvaluationError.problems(problems).description.split(separator: "\n")
    #expect(lines.count == 52 && lines[0] == "masks: 60 problems")
    #expect(lines[50] == "  50.png: expected a mask, found none" && lines[51] == "  and 10 more")
    #expect(
      EvaluationError.problems([problems[0]]).description == "1.png: expected a mask, found none")
  }
}

extension EvaluationProblem {
  /// The problem with its paths from `folder` on.
  fileprivate func under(_ folder: String) -> EvaluationProblem {
    func short(_ text: String) -> String { text.replacing("\(folder)/", with: "") }
    return switch self {
    case .noTruth(let sequence, let path): .noTruth(sequence: sequence, path: short(path))
    case .noPrediction(let sequence, let path): .noPrediction(sequence: sequence, path: short(path))
    case .tooFewFrames(let path, let found, let expected):
      .tooFewFrames(path: short(path), found: found, expected: expected)
    case .missingMask(let path): .missingMask(path: short(path))
    case .unreadable(let reason, let fault, let hint):
      .unreadable(reason: short(reason), fault: fault, hint: hint)
    case .size(let path, let expected, let found):
      .size(path: short(path), expected: expected, found: found)
    case .noObject(let path, let largest): .noObject(path: short(path), largest: largest)
    case .unknownObject(let path, let id, let known):
      .unknownObject(path: short(path), id: id, known: known)
    case .notDescribed, .noCategory: self
    }
  }
}
