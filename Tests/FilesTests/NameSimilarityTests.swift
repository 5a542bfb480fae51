import Testing

@testable import Files

@Suite struct NameSimilarityTests {
  @Test func `the most similar names come first, and strange ones not at all`() {
    let names = ["Decoder.pred3.bias", "Decoder.pred2.bia", "x"]
    #expect(
      NameSimilarity.nearest(to: "Decoder.pred2.bias", among: names, count: 2)
        == ["Decoder.pred2.bia", "Decoder.pred3.bias"])
    #expect(NameSimilarity.nearest(to: "Decoder.pred2.bias", among: ["x"]) == [])
  }

  @Test func `similarity is between 0 and 1`() {
    #expect(NameSimilarity.ratio("abc", "abc") == 1)
    #expect(NameSimilarity.ratio("abc", "xyz") == 0)
    #expect(NameSimilarity.ratio("kitten", "sitting") == 1 - 3.0 / 7)
    #expect(NameSimilarity.ratio("", "") == 1)
    #expect(NameSimilarity.ratio("", "a") == 0)
  }
}
