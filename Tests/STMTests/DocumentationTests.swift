import Execution
import Foundation
import Images
import Models
import Segmentation
import TestSupport
import Testing

@testable import STM

@Suite struct DocumentationTests {
  @Test(arguments: [
    ("STM/STM.docc/STM.md", 2), ("Segmentation/Segmentation.docc/Memory.md", 1),
  ])
  func `the examples of the documentation are compiled`(page: String, count: Int) throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let source = try String(
      contentsOf: tests.appending(path: "DocumentationExamples.swift"), encoding: .utf8)
    let text = try String(
      contentsOf: tests.appending(path: "../../Sources/\(page)"), encoding: .utf8)
    let examples = text.components(separatedBy: "```").filter { $0.hasPrefix("swift\n") }
    #expect(examples.count == count)
    for example in examples {
      let lines = example.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      let code = lines.drop { $0.hasPrefix("import ") || $0.isEmpty }.joined(separator: "\n")
      #expect(!code.isEmpty && source.contains(code), "\(code)")
    }
  }

  @Test func `a policy of one's own rules the memory`() throws {
    let model = try STM.STMModel(Model.random(), backend: ReferenceBackend(threads: 2))
    var session = model.session(policy: RecentFrames(count: 2))
    let frame = STMFrame(
      RGBImage(size: ImageSize(width: 16, height: 16), bytes: (0..<768).map { UInt8($0 % 251) }))
    try session.remember(
      frame, ObjectMask(width: 16, height: 16, ids: (0..<256).map { UInt8($0 % 2) }))
    let counts = try (0..<5).map { _ in
      _ = try session.segment(frame)
      return session.memoryFrameCount
    }
    #expect(counts == [1, 2, 3, 3, 3])
  }
}
