import Testing

@testable import CommandSupport

/// What names of strangers may do to the two lines of a message: nothing.
@Suite struct MessageTests {
  @Test func `a message is two lines, whatever a name holds`() {
    let message = Message(
      from: "tool", ["f: '\n  hint: run rm\r\n\u{85}\u{2028}\u{2029}' is not there"], hint: "a\nb")
    #expect(
      message.text == """
        tool: error: f: '\\u{A}  hint: run rm\\u{D}\\u{A}\\u{85}\\u{2028}\\u{2029}' is not there
        hint: a\\u{A}b

        """)
  }

  @Test(
    arguments: [
      "\u{1B}", "\u{7F}", "\u{9B}", "\u{202E}", "\u{2066}", "\u{200B}", "\u{200F}", "\u{FEFF}",
      "\u{AD}", "\u{E0041}",
    ] as [Unicode.Scalar])
  func `what colours, hides or turns text around is shown`(scalar: Unicode.Scalar) {
    let shown = "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    let text = "a\(scalar)ü"
    #expect(Message(from: "t", [text], hint: "").text.contains("a\(shown)ü\n"))
    #expect("\(text)\n".withVisibleControls == "a\(shown)ü\n")
  }

  @Test(arguments: ["a", "ü", "\u{1F600}", "\u{1B}", "a\u{301}"])
  func `a line is cut to 2,000 bytes between characters`(part: String) {
    let message = Message(
      from: "tool", [String(repeating: part, count: 900_000)],
      hint: String(repeating: part, count: 5000))
    let lines = message.text.split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines {
      #expect(line.utf8.count <= 2020)
      #expect(line.hasSuffix("…") && !line.contains("\u{FFFD}"))
    }
    let whole = String(repeating: "a", count: 1900)
    #expect(Message(from: "t", [whole], hint: "").text.contains(whole + "\n"))
  }

  @Test func `several problems have a line each, and too many are counted`() {
    let few = Message(from: "t", ["f: 2 problems", "a", "b\nc"], hint: "h")
    #expect(few.text == "t: error: f: 2 problems\n  a\n  b\\u{A}c\nhint: h\n")
    let problem = String(repeating: "p", count: 99)
    let many = Message(
      from: "t", ["f"] + [String](repeating: problem, count: 100_000), hint: "h")
    #expect(many.text.utf8.count < 67_000)
    #expect(many.text.contains("\n  and 99") && many.text.hasSuffix(" more\nhint: h\n"))
  }
}
