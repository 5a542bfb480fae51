import Files
import Foundation
import TestSupport
import Testing

struct ReadingLimitsTests {
  private func read(_ text: String) throws -> ReadingLimits {
    var limits = ReadingLimits()
    try ScratchFolder.with { folder in
      limits = try ReadingLimits(readingFrom: try folder.write(Array(text.utf8)))
    }
    return limits
  }

  @Test func `limits that a file leaves out keep their defaults`() throws {
    var expected = ReadingLimits.standard
    expected.tensors = 7
    expected.expansion = 0
    #expect(try read(#"{"tensors": 7, "expansion": 0}"#) == expected)
    #expect(try read("{}") == .standard)
  }

  @Test(arguments: ReadingLimits.Key.allCases)
  func `every limit is read by its name`(key: ReadingLimits.Key) throws {
    var expected = ReadingLimits.standard
    expected[key] = 123
    #expect(try read("{\"\(key.rawValue)\": 123}") == expected)
  }

  @Test(arguments: [
    (#"{"tensor": 1}"#, "found 'tensor'"),
    (#"{"tensors": -1}"#, "tensors: expected a whole number from 0 to"),
    (#"{"tensors": 1.5}"#, "tensors: expected a whole number from 0 to"),
    (#"{"tensors": "7"}"#, "found the text '7'"),
    (#"{"tensors": null}"#, "tensors: expected a whole number from 0 to"),
    (#"{"tensors": 1e3}"#, "tensors: expected a whole number from 0 to"),
    (#"{"tensors": 99999999999999999999}"#, "tensors: expected a whole number from 0 to"),
    (#"{"depth": 501}"#, "depth: expected a whole number from 0 to 500, found the number 501"),
    (#"{"rank": 1, "rank": 2}"#, "expected each name once, found 'rank' again"),
    (#"{"rank": -1, "deep": 2}"#, "; expected headerBytes"),
    ("[]", "expected an object of numbers by name"), ("", "expected a value"),
    (#"{"rank": 1} x"#, "expected the end"),
  ])
  func `a file of limits that does not make sense is refused by name`(
    text: String, reason: String
  ) throws {
    let error = try #require(throws: FileError.self) { try read(text) }
    guard case .malformedJSON(_, "limits", let found) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(found.contains(reason), "\(found)")
    #expect(error.fault == .malformedInput)
  }

  @Test func `the schema names the limits and their defaults`() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Schemas/reading-limits.schema.json")
    let schema = try JSONParser.value(
      of: Array(try Data(contentsOf: path)), path: path.path, part: "schema")
    let members = try #require(schema["properties"]?.members)
    #expect(members.map(\.name) == ReadingLimits.Key.allCases.map(\.rawValue))
    for member in members {
      let key = try #require(ReadingLimits.Key(rawValue: member.name))
      #expect(member.value["default"]?.integer == ReadingLimits.standard[key], "\(member.name)")
    }
  }

  @Test func `a limit that is passed is named with the file and how to raise it`() throws {
    let error = try #require(throws: FileError.self) {
      try ReadingLimits.standard.check(.rank, 9, of: "tensor 'a'", in: "model.onnx")
    }
    #expect(error.description == "model.onnx: tensor 'a': expected at most 8 dimensions, found 9")
    #expect(error.hint.contains("raise 'rank'") && error.hint.contains("--limits"))
    #expect(error.fault == .malformedInput)
    try ReadingLimits.standard.check(.rank, 8, of: "tensor 'a'", in: "model.onnx")
  }

  @Test(arguments: [
    (1 << 20, 100 << 20, true), (1 << 20, 100 << 20 + 1, false), (0, 64 << 20, true),
    (0, 64 << 20 + 1, false), (.max, .max, true),
  ])
  func `a file expands by its size, and small ones to the floor`(
    stored: Int, unpacked: Int, isAllowed: Bool
  ) {
    func check() throws {
      try ReadingLimits.standard.checkExpansion(of: stored, to: unpacked, of: "a", in: "b")
    }
    if isAllowed {
      #expect(throws: Never.self) { try check() }
    } else {
      #expect(throws: FileError.self) { try check() }
    }
  }
}
