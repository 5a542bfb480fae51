import Foundation
import Tensors
import Testing

@Suite struct LocateTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private func prepare(_ name: String, _ value: Float, at tensor: String) throws {
    let entries = TinyModel.entries().map {
      $0.name == tensor ? .init($0.name, $0.shape, filledWith: value) : $0
    }
    try TinyModel.write(entries, to: folder[name])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  @Test func `a weight that is not finite is named, and fails`() async throws {
    try prepare("m.safetensors", .nan, at: "Decoder.pred2.bias")
    let run = try await folder.run(
      .verify, "locate", "m.safetensors", "--clip", "clip", "--nan", "--report", "r.json")
    #expect(run.code == 1 && run.errors == "")
    #expect(run.output.contains("weights that are not finite: 1\n  Decoder.pred2.bias, F32: 2"))
    #expect(run.output.hasSuffix("verdict: fail\n"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: folder.bytes("r.json")) as? [String: Any])
    #expect(json["verdict"] as? String == "fail")
  }

  @Test func `what overflows bf16 is named with its layer, place and sum`() async throws {
    try prepare("m.safetensors", 3.4e38, at: "Decoder.RF3.convFS.bias")
    let run = try await folder.run(
      .verify, "locate", "m.safetensors", "--clip", "clip", "--overflow", "--precision", "bf16")
    #expect(run.code == 1 && run.errors == "")
    #expect(run.output.contains("first overflow: Decoder.RF3.convFS, program decode, fp32"))
    #expect(run.output.contains("has Decoder.RF3.convFS.bias, F32: 3.4e+38 to 3.4e+38"))
    #expect(run.output.contains("from: the sum is beyond what holds the value"))
    #expect(run.output.split(separator: "\n").count < 24)
  }

  @Test func `an honest pair passes`() async throws {
    let models = try await Sample.models.value
    let run = try await folder.succeed(
      .verify, "locate", models.fp32, models.fp16, "--clip", Sample.clip, "--overflow", "--frames",
      "2", "--long-edge", "48")
    #expect(run.output.contains("candidate, fp16: "))
    #expect(run.output.hasSuffix("verdict: pass\n"))
  }

  @Test(arguments: [
    ([String](), "expected --nan or --overflow, found neither"),
    (["--nan", "--overflow"], "found both"),
    (["--nan", "--share", "0.5"], "expected --overflow, found --nan"),
    (["--overflow", "--share", "2"], "--share: expected 0 to 1, found 2"),
    (["--overflow", "--precision", "int8"], "expected fp16 or bf16, found int8"),
    (["n", "--overflow", "--precision", "fp16"], "expected one model, found two"),
  ])
  func `options that say nothing are refused`(options: [String], problem: String) async throws {
    let run = try await Tool.verify.run(
      ["locate", "m"] + options + ["--clip", "clip"], in: folder.path)
    #expect(run.code == 64 && run.output == "")
    #expect(run.errors.contains(problem), "\(run.errors)")
  }
}
