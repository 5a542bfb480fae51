import Foundation
import Testing

/// No tool writes over what it reads, or one output over another.
@Suite struct OverwritingTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    for name in ["a", "b", "s"] { try folder.write(Data(name.utf8), as: name) }
    try folder.writeClip("c", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try FileManager.default.createSymbolicLink(
      atPath: folder["link"], withDestinationPath: folder["b"])
  }

  @Test(arguments: [
    ["a", "b", "--clip", "c", "--report", "./b"], ["a", "b", "--clip", "c", "--html", "link"],
    ["a", "b", "--clip", "c", "--junit", "a"], ["a", "b", "--clip", "c", "--layers-csv", "a"],
    ["a", "b", "--clip", "c", "--frames-csv", "c/frames/00000.png"],
    ["a", "b", "--clips", "c", "--report", "b"], ["golden", "a", "b", "--report", "b"],
    ["source", "a", "b", "--report", "b"], ["compare-reports", "a", "b", "--report", "a"],
    ["profile", "a", "--report", "a"],
    ["locate", "a", "b", "--clip", "c", "--nan", "--report", "b"],
    ["repeat", "a", "--clip", "c", "--report", "a"],
    ["bisect", "a", "b", "--clip", "c", "--report", "b"],
    ["bisect", "a", "b", "--clip", "c", "-o", "a"],
    ["run-repro", "c", "--report", "c/case.json"],
    ["run-repro", "c", "--report", "c/values.safetensors"],
  ])
  func `stm-verify keeps what it reads`(arguments: [String]) async throws {
    try await refuse(.verify, arguments, "expected another file than the inputs, found")
  }

  @Test(arguments: [
    ["sensitivity", "a", "--clip", "c", "--calibrate", "c", "--csv", "a"],
    ["sensitivity", "a", "--clip", "c", "--statistics", "s", "--report", "s"],
    ["calibrate", "a", "c", "-o", "c/masks/00000.png"], ["calibrate", "a", "c", "-o", "a"],
    ["check", "a", "--plan", "b", "--report", "b"],
    ["check", "a", "--precision", "fp16", "--report", "a"],
    ["a", "-o", "a", "--precision", "fp16"],
    ["a", "-o", "s", "--precision", "int8", "--statistics", "s"],
    [
      "a", "-o", "b", "--precision", "mixed", "--min-iou", "0.9", "--calibrate", "c", "--state",
      "a",
    ],
  ])
  func `stm-quantize keeps what it reads`(arguments: [String]) async throws {
    try await refuse(.quantize, arguments, "expected another file than the inputs, found")
  }

  @Test(arguments: [
    ["p", "t", "--html", "p/dog/00001.png"], ["p", "t", "--csv", "t/dog/00001.png"],
    ["p/dog", "t/dog", "--report", "p/dog/report.json"], ["p", "t", "--csv", "t/dog/scores.csv"],
    ["p", "t", "--sequences", "s", "--report", "./s"],
    ["p", "t", "--protocol", "youtube-vos", "--meta", "b", "--csv", "link"],
    ["p", "t", "--protocol", "youtube-vos", "--meta", "b", "--seen", "s", "--csv", "s"],
  ])
  func `stm-evaluate keeps what it reads`(arguments: [String]) async throws {
    for side in ["p", "t"] { try folder.writeMasks([[1], [1], [1]], to: "\(side)/dog") }
    try await refuse(.evaluate, arguments, "expected another file than the inputs, found")
    let beside = try await folder.run(.evaluate, "p", "t", "--csv", "p/scores.csv")
    #expect(beside.code == 0, "\(beside.errors)")
  }

  @Test func `the others keep what they read`() async throws {
    let problem = "expected another file than the inputs, found"
    try await refuse(.convert, ["a", "-o", "a"], problem)
    try await refuse(.convert, ["diff", "a", "b", "--report", "b"], problem)
    try await refuse(
      .convert, ["export", "a", "--to", "onnx", "-o", "o", "--report", "a"], problem)
    try await refuse(.segment, ["a", "--clip", "c", "-o", "c/masks"], problem)
  }

  @Test(arguments: [
    (Tool.verify, ["a", "b", "--clip", "c", "--html", "h", "--report", "h"]),
    (.verify, ["a", "b", "--clip", "c", "--junit", "h", "--frames-csv", "./h"]),
    (.verify, ["bisect", "a", "b", "--clip", "c", "-o", "h", "--report", "h"]),
    (.verify, ["conformance", "c", "--table", "h", "--report", "h"]),
    (
      .quantize,
      ["sensitivity", "a", "--clip", "c", "--calibrate", "c", "--csv", "h", "--report", "h"]
    ),
    (.convert, ["a", "-o", "h", "--report", "h"]),
    (.evaluate, ["c", "c", "--csv", "h", "--html", "./h"]),
    (.convert, ["export", "a", "--to", "onnx", "-o", "c", "--report", "c/query.onnx"]),
    (
      .quantize,
      [
        "a", "-o", "h", "--precision", "mixed", "--min-iou", "0.9", "--calibrate", "c", "--state",
        "h",
      ]
    ),
  ])
  func `two outputs are two files`(tool: Tool, arguments: [String]) async throws {
    try await refuse(tool, arguments, "expected another file than --")
  }

  @Test func `a report may lie beside what is read`() async throws {
    let run = try await folder.run(.verify, "run-repro", "c", "--report", "c/report.json")
    #expect(run.code == 66 && run.errors.contains("c/case.json"))
  }

  private func refuse(_ tool: Tool, _ arguments: [String], _ problem: String) async throws {
    let before = try folder.files.map { try? folder.bytes($0) }
    let run = try await tool.run(arguments, in: folder.path)
    #expect(run.code == 64 && run.output == "", "\(run.errors)")
    #expect(run.errors.hasPrefix("\(tool.rawValue): error: --"), "\(run.errors)")
    #expect(run.errors.contains(problem), "\(run.errors)")
    #expect(try folder.files.map { try? folder.bytes($0) } == before)
  }
}
