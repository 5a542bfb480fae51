import Networks
import TestSupport
import Testing

@Suite struct NamePatternTests {
  @Test(arguments: [
    ("Decoder.**", "Decoder.RF3.convFS", true),
    ("Decoder.*", "Decoder.RF3.convFS", false),
    ("Decoder.*", "Decoder.pred2", true),
    ("*/Encoder_M.bn1", "memorize/Encoder_M.bn1", true),
    ("**.bias", "Encoder_Q.res2.0.bn1.bias", true),
    ("**.bias", "Encoder_Q_bias", false),
    ("Encoder_Q", "Encoder_Q.conv1", false),
    ("re:Encoder_[MQ]\\.conv1", "Encoder_M.conv1", true),
    ("re:Encoder_[MQ]", "Encoder_M.conv1", false),
  ])
  func `a pattern fits the whole name or not at all`(
    pattern: String, name: String, fits: Bool
  ) throws {
    #expect(try NamePattern(pattern).matches(name) == fits)
  }

  @Test(
    arguments: [
      ("a.b", "a.b", []),
      ("*.bias", "conv1.bias", ["conv1"]),
      ("**.bias", "a.b.bias", ["a.b"]),
      ("layer*.*.**", "layer1.0.conv1.weight", ["1", "0", "conv1.weight"]),
      ("**conv*_block*_bn.*", "q_conv2_block1_bn.beta", ["q_", "2", "1", "beta"]),
      ("**a**", "banana", ["banan", ""]),
      ("**a*", "aaa", ["aa", ""]),
      ("*a**", "aab.a", ["a", "b.a"]),
      ("*.*.**", "a..b.c", ["a", "", "b.c"]),
      ("***", "a.b", ["a.b", ""]),
      ("**.*.*", "a.b.c.d", ["a.b", "c", "d"]),
      ("**ab*b", "abab.abb", ["abab.", ""]),
      ("*\u{E9}*", "\u{E9}\u{E9}x", ["\u{E9}", "x"]),
      ("a*", "a", [""]),
      ("*/x", "f/x", ["f"]),
      ("*", "", [""]),
      ("re:res([0-9])\\.(.*)", "res2.w", ["2", "w"]),
      ("re:(a)|(b)", "b", ["", "b"]),
    ] as [(String, String, [String])])
  func `stars and groups capture from the left, as much as they can`(
    pattern: String, name: String, captures: [String]
  ) throws {
    #expect(try NamePattern(pattern).captures(in: name) == captures)
  }

  @Test(arguments: [("*.bias", "a.b.bias"), ("a", "b"), ("re:a(.)", "abc"), ("a*", "")])
  func `a name that does not fit has no captures`(pattern: String, name: String) throws {
    #expect(try NamePattern(pattern).captures(in: name) == nil)
  }

  @Test(
    arguments: [
      ("**conv*_block*_*_conv.*", "conv_block_"), ("**a**a**a**a**a**a**a**b", "a"),
      ("*a*a*a*a*a*a*a*a*b", "a"), ("**.**.**.**.**.**x", "."),
    ])
  func `a name made to fit in many ways takes no longer than another`(
    pattern: String, part: String
  ) throws {
    let name = String(repeating: part, count: 65_536 / part.utf8.count)
    let time = try ProcessorTime.taken {
      let captures = try NamePattern(pattern).captures(in: name)
      #expect(captures == nil)
    }
    #expect(time < .seconds(20))
  }

  @Test func `a glob knows how much it captures, a regular expression does not`() throws {
    #expect(try NamePattern("a.*.**").captureCount == 2)
    #expect(try NamePattern("a").captureCount == 0)
    #expect(try NamePattern("re:(a)").captureCount == nil)
  }

  @Test func `a broken regular expression is refused by name`() {
    #expect(throws: NamePatternError.malformed("re:(")) { try NamePattern("re:(") }
  }
}
