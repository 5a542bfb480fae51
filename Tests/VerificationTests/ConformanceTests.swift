import Foundation
import Testing
import Verification

/// A folder in the layout of the ONNX project's tests, which `Fixtures/make_conformance.py`
/// wrote.
@Suite struct ConformanceTests {
  private let folder: String
  private let outcomes: [String: Conformance.Outcome]

  init() throws {
    folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/conformance").path
    let result = try Conformance(of: folder)
    outcomes = Dictionary(uniqueKeysWithValues: result.cases.map { ($0.name, $0.outcome) })
  }

  private func reason(_ name: String) throws -> String {
    switch try #require(outcomes[name]) {
    case .passed: ""
    case .failed(let reason): "failed: \(reason)"
    case .corrected(let reason): "corrected: \(reason)"
    case .unsupported(let reason): "unsupported: \(reason)"
    }
  }

  @Test(arguments: ["test_relu", "test_relu_close", "light_relu"])
  func `what lies within the runner's tolerance passes`(name: String) {
    #expect(outcomes[name] == .passed)
  }

  @Test(arguments: [
    ("test_relu_far", "element 2: expected 0.50"),
    ("test_relu_shape", "expected [4], found [2, 2]"),
    ("test_relu_type", "expected F64, found F32"),
  ])
  func `another number, shape or element type fails`(name: String, words: String) throws {
    let reason = try reason(name)
    #expect(reason.hasPrefix("failed: output 'y'") && reason.contains(words), "\(reason)")
  }

  @Test(arguments: [
    ("test_det", "node 'node' (Det, operator set 17): the operator is not supported"),
    ("test_relu_future", "operator set 'ai.onnx': expected version 6 to 28, found 99"),
  ])
  func `what the suite does not have is named and not a failure`(
    name: String, words: String
  ) throws {
    let reason = try reason(name)
    #expect(reason.hasPrefix("unsupported: ") && reason.contains(words), "\(reason)")
  }

  @Test func `a test whose stored output was corrected upstream is counted apart`() throws {
    #expect(try reason("test_qlinearmatmul_2D_int8_float32").hasPrefix("corrected: output 'y'"))
  }

  @Test func `one failure fails the whole`() throws {
    #expect(try !Conformance(of: folder).passes)
    #expect(try Conformance(of: folder, filter: "det").passes)
  }

  @Test func `a folder without tests is refused`() {
    #expect(throws: VerificationError.noConformanceTests(path: "\(folder)/node")) {
      try Conformance(of: "\(folder)/node")
    }
  }
}
