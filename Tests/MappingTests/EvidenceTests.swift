import Mapping
import Testing

@Suite struct EvidenceTests {
  @Test(
    arguments: [
      (.name, "name", "name"),
      (.convention(["wrapper", "keras"]), "convention:wrapper+keras", "convention"),
      (.prefix("net.backbone"), "prefix:net.backbone", "prefix"),
      (.rule(3), "rule:3", "rule"),
      (.topology(node: "Conv#1", source: "input x"), "topology:Conv#1 <- input x", "topology"),
      (.assumed("ImageNet"), "assumed:ImageNet", "assumed"),
    ] as [(Evidence, String, String)])
  func `evidence is cited in one phrase`(evidence: Evidence, text: String, kind: String) {
    #expect(evidence.description == text && evidence.kind == kind)
  }
}
