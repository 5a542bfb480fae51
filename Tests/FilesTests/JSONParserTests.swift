import Files
import Foundation
import Testing

struct JSONParserTests {
  private func value(_ text: String) throws(FileError) -> JSONValue {
    try JSONParser.value(of: Array(text.utf8), path: "file", part: "text")
  }

  @Test(arguments: [
    #""\"\\\/\b\f\n\r\t""#, #""\u00e9\u20AC\uD83D\uDE00 é€😀""#, #""a\u0000b""#, #""""#,
    #""\u0041""#,
  ])
  func `texts are those that Foundation reads`(text: String) throws {
    let expected = try JSONDecoder().decode(String.self, from: Data(text.utf8))
    #expect(try value(text) == .string(expected))
  }

  @Test(arguments: [
    "0", "-0", "12", "-9223372036854775808", "1.5", "-2.5e3", "1E-2", "0.0", "1e+2",
  ])
  func `numbers are those that Foundation reads`(text: String) throws {
    #expect(try value(text).number == JSONDecoder().decode(Double.self, from: Data(text.utf8)))
  }

  @Test(arguments: [
    "+1", "01", "1.", ".5", "1e", "1e999", "--1", "-", "0x10", "nan", "inf", "tru", "'a'", #""a"#,
    #""\x""#, #""\u12""#, #""\u12G4""#, #""\uD800""#, #""\uD800\u0041""#, #""\uDC00""#, "\"\n\"",
    "{1: 2}", #"{"a" 1}"#, #"{"a": 1,}"#, "[1,]", "[1 2]", "[1", "1 2", "", " ", "\u{FEFF}1",
    #"{"a": 1, "\u0061": 2}"#,
  ])
  func `what is not JSON is refused`(text: String) {
    let error = #expect(throws: FileError.self) { try value(text) }
    guard case .malformedJSON("file", "text", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `text that is not UTF-8 is refused`() {
    #expect(throws: FileError.self) {
      try JSONParser.value(of: [0x22, 0xC3, 0x28, 0x22], path: "file", part: "text")
    }
  }

  @Test(arguments: ["[", "{\"a\":"]) func `nesting is limited`(open: String) {
    let error = FileError.beyondLimit(
      path: "file", object: "text", limit: .depth, allowed: 100, found: 101)
    #expect(throws: error) { try value(String(repeating: open, count: 100_000)) }
  }

  @Test func `values and bytes are limited`() {
    var limits = ReadingLimits()
    limits.values = 3
    limits.headerBytes = 8
    #expect(throws: Never.self) {
      try JSONParser.value(of: Array("[1, 2]".utf8), path: "f", part: "t", limits: limits)
    }
    #expect(
      throws: FileError.beyondLimit(
        path: "f", object: "t", limit: .values, allowed: 3, found: 4)
    ) { try JSONParser.value(of: Array("[1,2,3]".utf8), path: "f", part: "t", limits: limits) }
    #expect(
      throws: FileError.beyondLimit(
        path: "f", object: "t", limit: .headerBytes, allowed: 8, found: 9)
    ) { try JSONParser.value(of: Array("[1, 2, 3]".utf8), path: "f", part: "t", limits: limits) }
  }
}
