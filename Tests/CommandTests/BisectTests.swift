import Foundation
import Safetensors
import Tensors
import Testing

@Suite struct BisectTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private func prepare() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "h.safetensors", "--precision", "w8")
  }

  @Test func `a command is asked, and the model with the two layers that it wants is written`()
    async throws
  {
    try await prepare()
    let judge = "grep -aq 'Decoder.pred2..:..fp32' {} && grep -aq 'KV_Q_r4.Key..:..fp32' {}"
    let run = try await folder.succeed(
      .verify, "bisect", "m.safetensors", "h.safetensors", "--clip", "clip", "--check", judge, "-o",
      "mixed.safetensors", "--report", "r.json")
    #expect(run.output.contains("kept wide: 2 of "))
    #expect(run.output.contains("1-minimal: without any one of these it will not do\n"))
    #expect(run.output.contains("written: mixed.safetensors\n"))
    #expect(run.output.split(separator: "\n").count < 24)
    let metadata = try SafetensorsFile.read(folder["mixed.safetensors"]).metadata
    #expect(
      metadata["stm.plan"]?.contains(
        #""exceptions":{"Decoder.pred2":"fp32","KV_Q_r4.Key":"fp32"}"#) == true)
    try await folder.succeed(
      .verify, "m.safetensors", "mixed.safetensors", "--clip", "clip", "--quiet", "--gate",
      "sqnr(**) >= -50", "--gate", "iou(mean) >= 0", "--tolerance", "**:0")
    let json = try #require(
      try JSONSerialization.jsonObject(with: folder.bytes("r.json")) as? [String: Any])
    let kept = try #require(json["kept"] as? [[String: Any]])
    #expect(json["isMinimal"] as? Bool == true && kept.count == 2)
    #expect(kept.allSatisfy { $0["contributionSqnr"] is Double && $0["isolatedSqnr"] == nil })
    #expect(run.output.contains("contributed dB"))
  }

  @Test func `gates that hold anyway need nothing, and those that never hold fail`() async throws {
    try await prepare()
    let easy = try await folder.succeed(
      .verify, "bisect", "m.safetensors", "h.safetensors", "--clip", "clip", "--gate",
      "sqnr(**) >= -100")
    #expect(easy.output.contains("nothing to keep wide: the candidate will do as it is\n"))
    let never = try await folder.run(
      .verify, "bisect", "m.safetensors", "h.safetensors", "--clip", "clip", "--gate",
      "iou(mean) > 1", "-o", "mixed.safetensors")
    #expect(never.code == 1 && never.errors == "")
    #expect(never.output.contains("not even with all of them kept wide\n"))
    #expect(try !folder.files.contains("mixed.safetensors"))
  }

  @Test func `a command that is not there ends the search`() async throws {
    try await prepare()
    try await folder.refuse(
      .verify, "bisect", "m.safetensors", "h.safetensors", "--clip", "clip", "--check",
      "/no/such/judge", "--quiet", code: 64,
      naming: ["--check '/no/such/judge'", "expected exit code 0 to 125, found exit code 127"])
  }

  @Test(arguments: [
    (["--check", "true", "--gate", "iou(mean) >= 1"], "expected one of them, found both"),
    (["--max-runs", "1"], "--max-runs: expected at least 2, found 1"),
    (["-o", "m"], "--output: expected another file than the inputs, found m"),
    (["--worst=-1"], "--worst: expected at least 0"),
    (["--gate", "iou(avg) > 1"], "expected a summary"),
  ])
  func `options that do not go together are refused`(options: [String], problem: String)
    async throws
  {
    let run = try await Tool.verify.run(
      ["bisect", "m", "c", "--clip", "clip"] + options, in: folder.path)
    #expect(run.code == 64 && run.output == "")
    #expect(run.errors.contains(problem), "\(run.errors)")
  }
}
