import Foundation
import Testing

@Suite struct SaveGoldenTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private func save(_ output: String, _ options: String...) async throws -> Run {
    try await Tool.verify.run(
      ["save", try await Sample.models.value.fp32, "--clip", Sample.clip, "--frames", "3"]
        + ["--long-edge", "48", "-o", output] + options, in: folder.path)
  }

  @Test(arguments: ["golden.safetensors", "golden.npz", "golden.h5"])
  func `what is saved is read back without a difference, and repeats`(output: String) async throws {
    let run = try await save(output)
    #expect(run.code == 0 && run.errors == "")
    #expect(run.output.contains("stm.safetensors on clip: 2 objects at 32x48"))
    let first = try folder.bytes(output)
    #expect(try await save(output, "--threads", "1", "--quiet").output == "")
    #expect(try folder.bytes(output) == first)
    let golden = try await folder.run(
      .verify, "golden", try await Sample.models.value.fp32, output, "--default-tolerance", "0",
      "--json")
    #expect(golden.code == 0)
    #expect(((try golden.json)["layers"] as? [Any])?.count ?? 0 > 242)
  }

  @Test func `another version of the model fails against it`() async throws {
    _ = try await save("golden.npz", "--layer", "segment/logits")
    let run = try await folder.run(
      .verify, "golden", try await Sample.models.value.bf16, "golden.npz", "--json")
    #expect(run.code == 1)
    #expect(try run.json["firstCause"] as? String == "segment/logits")
  }

  @Test(arguments: ["golden", "golden.onnx", "golden.npy"])
  func `an output of another kind is refused`(output: String) async throws {
    try await folder.refuse(
      .verify, "save", "m", "--clip", "c", "-o", output, code: 64,
      naming: ["--output", output, ".npz"])
  }

  @Test func `a frame that is not there, or has no mask, is refused by name`() async throws {
    let model = try await Sample.models.value.fp32
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .verify, "save", model, "--clip", "clip", "--segment", "7", "-o", "g.npz", code: 64,
      naming: ["--segment", "00000 to 00001", "7"])
    try await folder.refuse(
      .verify, "save", model, "--clip", "clip", "--memorize", "00001", "-o", "g.npz", code: 66,
      naming: ["clip: frame 00001", "mask"])
  }

  @Test func `a layer that is not there, and an int8 model, are refused`() async throws {
    let models = try await Sample.models.value
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .verify, "save", models.fp32, "--clip", "clip", "--layer", "Decoder.**", "-o", "g.npz",
      code: 64, naming: ["no layer fits 'Decoder.**'", "segment/Decoder.pred2"])
    try await folder.refuse(
      .verify, "save", models.int8, "--clip", "clip", "-o", "g.npz", code: 65, naming: ["int8"])
  }
}
