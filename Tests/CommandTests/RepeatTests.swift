import Foundation
import Testing

@Suite struct RepeatTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `every run has a line with its hash, and all are the same`() async throws {
    let int8 = try await Sample.models.value.int8
    let run = try await folder.succeed(
      .verify, "repeat", int8, "--clip", Sample.clip, "--frames", "2", "--long-edge", "48",
      "--threads", "1,2", "--times", "2", "--report", "r.json")
    #expect(run.output.contains("over 1 frames, 4 runs\n"))
    #expect(run.output.hasSuffix("verdict: pass\n"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: folder.bytes("r.json")) as? [String: Any])
    let runs = try #require(json["runs"] as? [[String: Any]])
    #expect(Set(runs.map { $0["sha256"] as? String }).count == 1 && runs.count == 4)
  }

  @Test(arguments: [
    (["--threads", "1,1"], "--threads: expected each number once, found 1,1"),
    (["--threads", "0"], "--threads"), (["--threads", "1,,2"], "--threads"),
    (["--times", "0"], "--times: expected at least 1, found 0"),
    (["--times", "1", "--threads", "2"], "expected at least 2 runs to compare, found 1"),
    (["--backend", "reference", "--arithmetic", "fast"], "expected --backend onednn"),
  ])
  func `runs that compare nothing are refused`(options: [String], problem: String) async throws {
    let run = try await Tool.verify.run(["repeat", "m", "--clip", "c"] + options, in: folder.path)
    #expect(run.code == 64 && run.output == "")
    #expect(run.errors.contains(problem), "\(run.errors)")
  }
}
