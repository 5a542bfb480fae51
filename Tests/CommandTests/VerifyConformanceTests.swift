import Foundation
import Testing

@Suite struct VerifyConformanceTests {
  let folder: Workspace
  private let tests = "\(repository)/Tests/VerificationTests/Fixtures/conformance"

  init() throws { folder = try Workspace() }

  @Test func `failures are listed and end with exit code 1`() async throws {
    let run = try await folder.run(.verify, "conformance", tests)
    #expect(run.code == 1)
    #expect(run.output.contains("failed: node/test_relu_far: output 'y'"))
    #expect(run.output.contains("verdict: fail"))
  }

  @Test func `the table is Markdown with a row for each operator that ran`() async throws {
    try await folder.succeed(
      .verify, "conformance", tests, "--filter", "det", "--table", "det.md", "--quiet")
    try await folder.succeed(
      .verify, "conformance", tests, "--filter", "close", "--table", "close.md", "--quiet")
    let det = String(decoding: try folder.bytes("det.md"), as: UTF8.self)
    #expect(det.contains("| node | 0 | 0 | 0 | 1 |") && !det.contains("| Det |"))
    let close = String(decoding: try folder.bytes("close.md"), as: UTF8.self)
    #expect(close.contains("| Relu | 1 | 0 | 0 | 0 |"))
  }

  @Test func `a folder without tests is refused`() async throws {
    try await folder.refuse(
      .verify, "conformance", "\(tests)/node", code: 65, naming: ["\(tests)/node", "node/test_"])
  }
}
