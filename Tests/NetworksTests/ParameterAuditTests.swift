import Networks
import Tensors
import TestSupport
import Testing

@Suite struct ParameterAuditTests {
  private static let parameters = [
    Parameter(name: "a.weight", shape: [2, 1, 1, 1], role: .weight),
    Parameter(name: "a.bias", shape: [2], role: .bias),
    Parameter(name: "b.weight", shape: [3], role: .weight),
    Parameter(name: "b.num_batches_tracked", shape: [], role: .counter),
  ]

  @Test func `everything that is wrong is listed, in the network's order`() throws {
    let audit = ParameterAudit(
      of: try TensorArchive([
        "extra": FloatTensor(zeros: [1]), "b.weight": FloatTensor(zeros: [3, 1]),
        "a.weight": FloatTensor(zeros: [2, 1, 1, 1]), "more": FloatTensor(zeros: []),
      ]), against: Self.parameters)
    #expect(audit.missing.map(\.name) == ["a.bias"])
    #expect(audit.misshapen.map(\.name) == ["b.weight"])
    #expect(audit.unexpected.map(\.name) == ["extra", "more"])
    #expect(audit.absentOptional.map(\.name) == ["b.num_batches_tracked"])
    #expect(audit.matched == 1)
    #expect(!audit.isClean)
    #expect(
      audit.explained(of: "file") == """
        file: does not fit the network: 1 missing, 1 misshapen, 2 unexpected
          tensor 'a.bias': expected shape [2], found none
          tensor 'b.weight': expected shape [3], found [3, 1] in memory
          tensor 'extra': expected no such tensor, found shape [1] in memory
          tensor 'more': expected no such tensor, found shape [] in memory
        """)
  }

  @Test func `one problem is explained on one line`() throws {
    let audit = ParameterAudit(
      of: try TensorArchive([
        "a.weight": FloatTensor(zeros: [2, 1, 1, 1]), "a.bias": FloatTensor(zeros: [2]),
      ]), against: Self.parameters)
    #expect(
      audit.explained(of: "file") == "file: tensor 'b.weight': expected shape [3], found none")
  }

  @Test func `a missing counter is no problem`() throws {
    let audit = ParameterAudit(of: try TensorArchive([]), against: [Self.parameters[3]])
    #expect(audit.isClean && audit.matched == 0)
  }

  @Test func `a counter of another shape is a problem`() throws {
    let audit = ParameterAudit(
      of: try TensorArchive(["b.num_batches_tracked": FloatTensor(zeros: [1])]),
      against: [Self.parameters[3]])
    #expect(audit.misshapen.map(\.name) == ["b.num_batches_tracked"] && !audit.isClean)
  }
}
