import Mapping
import Networks
import STMModel
import Tensors
import TestSupport
import Testing

/// Modules under names that no convention knows.
@Suite struct PrefixTests {
  @Test func `modules under unknown prefixes are told by what only they hold`() throws {
    let mapped = try Export.map(
      Export.entries(renaming: [
        "Encoder_M.": "alpha.", "Encoder_Q.": "beta.", "KV_M_r4.": "memory_head.",
        "KV_Q_r4.": "query_head.", "Decoder.": "gamma.delta.",
      ]))
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(mapped.network.configuration == .tiny)
    #expect(mapped.audit.evidence.keys.sorted() == ["prefix"])
    for entry in try Export.entries() {
      let found = try #require(try mapped.weights[entry.name]?.tensor())
      #expect(try found.isBitIdentical(to: entry.tensor()), "\(entry.name)")
    }
    let match = mapped.audit.matches.first { $0.parameter == "Decoder.pred2.bias" }
    #expect(match?.evidence == .prefix("gamma.delta"))
  }

  @Test func `names of many dots take no longer than others`() throws {
    let dots = String(repeating: ".", count: 4000)
    let others = (0..<10).map { index in
      TensorArchive.Entry(
        name: "\(index)\(dots)x", tensor: Tensor(FloatTensor(shape: [1], values: [1])))
    }
    let time = try ProcessorTime.taken {
      let audit = try Export.map(try Export.entries() + others).audit
      #expect(audit.usedCount == (try Export.entries()).count)
    }
    #expect(time < .seconds(20))
  }

  @Test func `a whole network under one prefix is the network`() throws {
    let entries = try Export.entries().map { $0.renamed("student.\($0.name)") }
    let mapped = try Export.map(entries)
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(mapped.audit.evidence == ["prefix": entries.count])
  }

  @Test func `two prefixes that both hold the whole network are refused, both named`() throws {
    let entries = try Export.entries(seed: 1).map { $0.renamed("teacher.\($0.name)") }
    let others = try Export.entries(seed: 2).map { $0.renamed("student.\($0.name)") }
    let audit = try Export.map(entries + others).audit
    #expect(
      audit.problems.texts == [
        "memory: 'teacher.**': could be the whole network",
        "memory: 'student.**': could be the whole network",
      ])
    #expect(!audit.isClean && audit.matches.allSatisfy { $0.evidence.kind == "assumed" })
  }

  @Test(arguments: ["student", "net"])
  func `of two whole networks the one that is left out does not count`(prefix: String) throws {
    let entries = try Export.entries(seed: 1)
    let others = try Export.entries(seed: 2).map { $0.renamed("ema.\($0.name)") }
    var options = MappingOptions()
    options.allowedUnexpected = [try NamePattern("ema.**")]
    let audit = try Export.map(
      entries.map { $0.renamed("\(prefix).\($0.name)") } + others, options: options
    ).audit
    #expect(audit.isClean, "\(audit.allProblems)")
    #expect(audit.usedCount == entries.count)
    #expect(Set(audit.ignored.map(\.reason)) == ["allowed by 'ema.**'"])
  }

  @Test func `keys and values whose prefixes say nothing are refused with the candidates`() throws {
    let audit = try Export.map(
      Export.entries(renaming: ["KV_M_r4.": "head1.", "KV_Q_r4.": "head2."])
    ).audit
    #expect(
      audit.problems.texts == [
        "memory: 'head1.**': could be KV_M_r4 or KV_Q_r4",
        "memory: 'head2.**': could be KV_M_r4 or KV_Q_r4",
      ])
  }

  @Test func `a word in one prefix alone does not tell keys and values apart`() throws {
    let audit = try Export.map(
      Export.entries(renaming: ["KV_M_r4.": "head.mem.", "KV_Q_r4.": "head.other."])
    ).audit
    #expect(
      audit.problems.texts == [
        "memory: 'head.mem.**': could be KV_M_r4",
        "memory: 'head.other.**': could be KV_M_r4 or KV_Q_r4",
      ])
  }

  @Test func `a joined stem becomes three kernels`() throws {
    let entries = try Export.entries()
    func kernel(_ name: String) throws -> FloatTensor {
      try #require(entries.first { $0.name == "Encoder_M.\(name).weight" }).floats()
    }
    let parts = try ["conv1", "conv1_m", "conv1_o"].map(kernel)
    let rest = entries.filter { entry in
      !["conv1", "conv1_m", "conv1_o"].contains { entry.name == "Encoder_M.\($0).weight" }
    }
    let joined = TensorArchive.Entry(
      name: "Encoder_M.conv1.weight", tensor: Tensor(FloatTensor(concatenating: parts, axis: 1)))
    let mapped = try Export.map(rest + [joined])
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    for (name, part) in zip(["conv1", "conv1_m", "conv1_o"], parts) {
      #expect(try mapped.weights.floats("Encoder_M.\(name).weight") == part)
    }
    #expect(mapped.audit.usedCount == entries.count - 2)
  }
}
