import Foundation
import Tensors
import Testing

@Suite struct ReproTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private func prepare() async throws {
    let spoiled = TinyModel.entries().map {
      $0.name == "Decoder.convFM.weight" ? .init($0.name, $0.shape, filledWith: 0) : $0
    }
    try TinyModel.write(to: folder["m.safetensors"])
    try TinyModel.write(spoiled, to: folder["s.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  @Test func `the first cause is written, and fails alone without models and clip`() async throws {
    try await prepare()
    let run = try await folder.succeed(
      .verify, "repro", "m.safetensors", "s.safetensors", "--clip", "clip", "-o", "case")
    #expect(run.output.hasPrefix("layer Decoder.convFM, program decode, frame 1, fp32; onednn"))
    #expect(run.output.hasSuffix("verdict: fail\n"))
    #expect(run.output.contains("run it with: stm-verify run-repro case\n"))
    for name in ["m.safetensors", "s.safetensors", "clip"] {
      try FileManager.default.removeItem(atPath: folder[name])
    }
    let alone = try await folder.run(.verify, "run-repro", "case", "--report", "r.json")
    #expect(alone.code == 1 && alone.errors == "")
    #expect(alone.output.contains("reference: the stored bytes; candidate: the stored bytes\n"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: folder.bytes("r.json")) as? [String: Any])
    #expect(json["sameCandidate"] as? Bool == true && json["verdict"] as? String == "fail")
    let recorded = try #require(json["recorded"] as? [String: Any])
    let row = try #require(
      alone.output.split(separator: "\n").first { $0.hasPrefix("would pass, dB") })
    let shown = try #require(row.split(separator: " ").dropFirst(3).first.flatMap { Double($0) })
    #expect(shown <= (try #require(recorded["passingTolerance"] as? Double)))
    #expect(alone.output.contains("\ncontributed, dB ") && alone.output.contains("\nisolated, dB "))
    let plain = try await folder.run(.verify, "run-repro", "case", "--backend", "reference")
    #expect(plain.code == 1 && plain.output.contains("frame 1, fp32; reference, exact"))
    let readme = String(decoding: try folder.bytes("case/README.md"), as: UTF8.self)
    #expect(readme.contains("# Layer Decoder.convFM alone") && readme.contains("run-repro ."))
  }

  @Test func `without a cause a layer must be named`() async throws {
    try await prepare()
    try await folder.refuse(
      .verify, "repro", "m.safetensors", "m.safetensors", "--clip", "clip", "-o", "case", code: 1,
      naming: ["expected a layer beyond its tolerance, found none", "--layer NAME"])
    let run = try await folder.succeed(
      .verify, "repro", "m.safetensors", "m.safetensors", "--clip", "clip", "-o", "case", "--layer",
      "Decoder.pred2")
    #expect(run.output.hasSuffix("verdict: pass\n"))
    try await folder.succeed(.verify, "run-repro", "case")
  }

  @Test func `what is not there, and a folder with files, are refused`() async throws {
    try await prepare()
    try await folder.refuse(
      .verify, "repro", "m.safetensors", "s.safetensors", "--clip", "clip", "-o", "clip", code: 73,
      naming: ["clip: expected an empty folder or none, found files"])
    try await folder.refuse(
      .verify, "repro", "m.safetensors", "s.safetensors", "--clip", "clip", "-o", "case",
      "--layer", "Decoder.convFN", code: 64, naming: ["found 'Decoder.convFN'", "'Decoder.convFM'"])
    try await folder.refuse(
      .verify, "repro", "m", "s", "--clip", "clip", "-o", "case", "--frame", "1", code: 64,
      naming: ["--frame: expected --layer beside it, found none"])
    try await folder.refuse(.verify, "run-repro", "case", code: 66, naming: ["case"])
    try await folder.succeed(
      .verify, "repro", "m.safetensors", "s.safetensors", "--clip", "clip", "-o", "other")
    let text = String(decoding: try folder.bytes("other/case.json"), as: UTF8.self)
    try folder.write(
      Data(text.replacing("\"Decoder.convFM\"", with: "\"Decoder.convFN\"").utf8),
      as: "other/case.json")
    try await folder.refuse(
      .verify, "run-repro", "other", code: 65,
      naming: ["other/case.json: layer: expected a layer of the network, found 'Decoder.convFN'"])
    try await folder.refuse(
      .verify, "run-repro", "clip", code: 66, naming: ["clip/case.json"])
  }
}
