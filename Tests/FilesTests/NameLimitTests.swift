import Files
import TestSupport
import Testing

/// Names of strangers, which may not cost more than their bytes to hash, compare and show.
@Suite struct NameLimitTests {
  private static func marks(_ count: Int, _ mark: Unicode.Scalar = "\u{301}") -> String {
    "a" + String(String.UnicodeScalarView(repeatElement(mark, count: count)))
  }

  @Test func `a name has as many bytes as the limit says, at most`() throws {
    let limits = ReadingLimits()
    try limits.check(name: String(repeating: "n", count: 4096), of: "header", in: "f")
    let error = FileError.beyondLimit(
      path: "f", object: "header", limit: .nameBytes, allowed: 4096, found: 4097)
    #expect(throws: error) {
      try limits.check(name: String(repeating: "n", count: 4097), of: "header", in: "f")
    }
    #expect(error.description == "f: header: expected at most 4096 bytes of one name, found 4097")
  }

  @Test(arguments: [
    (marks(30), true), (marks(31), false), (marks(31, "\u{344}"), false),
    (marks(31, "\u{F73}"), false), (marks(31, "\u{1D165}"), false),
    (marks(30) + "b" + marks(30), true), ("", true), ("größe", true),
    (String(repeating: "\u{1112}\u{1161}\u{11AB}", count: 50), true),
  ])
  func `a name has at most thirty combining marks in a row`(name: String, isSafe: Bool) {
    #expect(name.isStreamSafe == isSafe)
    let error = FileError.notStreamSafe(path: "f", object: "header")
    #expect(error.fault == .malformedInput && error.description.contains("combining marks"))
    if isSafe {
      #expect(throws: Never.self) {
        try ReadingLimits.standard.check(name: name, of: "header", in: "f")
      }
    } else {
      #expect(throws: error) {
        try ReadingLimits.standard.check(name: name, of: "header", in: "f")
      }
    }
  }

  @Test(
    arguments: [
      (#"{"NAME": 1}"#, "combining marks"), (#"["NAME"]"#, "combining marks"),
      (#"{"NAME": 1, "NAMEx": 2}"#, "combining marks"),
      (
        "{\"\(String(repeating: "n", count: 4097))\": 1}", "expected at most 4096 bytes of one name"
      ),
    ])
  func `keys and texts of JSON are checked before they are compared`(
    text: String, reason: String
  ) throws {
    let text = text.replacing("NAME", with: Self.marks(300_000))
    var error: FileError?
    let time = ProcessorTime.taken {
      error = #expect(throws: FileError.self) {
        try JSONParser.value(of: Array(text.utf8), path: "f", part: "header")
      }
    }
    #expect(time < .seconds(20))
    let description = try #require(error).description
    #expect(description.hasPrefix("f: header: "))
    #expect(description.contains(reason))
    #expect(description.utf8.count < 200)
  }

  @Test func `what a decoder gets is checked first, though names may stand twice in it`() throws {
    #expect(
      try [String: Int](checking: Array(#"{"a": 1, "a": 1}"#.utf8), path: "f", part: "plan") == [
        "a": 1
      ])
    let marks = String(repeating: #"\u0301"#, count: 150_000)
    let time = ProcessorTime.taken {
      #expect(throws: FileError.notStreamSafe(path: "f", object: "plan")) {
        try [String: Int](checking: Array("{\"\(marks)\": 1}".utf8), path: "f", part: "plan")
      }
    }
    #expect(time < .seconds(20))
  }

  @Test func `a text of JSON may be longer than a name`() throws {
    let text = String(repeating: "t", count: 10_000)
    let value = try JSONParser.value(of: Array("[\"\(text)\"]".utf8), path: "f", part: "header")
    #expect(value.array?.first?.string == text)
  }
}
