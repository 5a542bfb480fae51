import Networks
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

  @Test func `a broken regular expression is refused by name`() {
    #expect(throws: NamePatternError.malformed("re:(")) { try NamePattern("re:(") }
  }
}
