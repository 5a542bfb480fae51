import Foundation
import Safetensors
import Tensors
import Testing

@Suite struct VerifySourceTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `the sample model computes what its export computes`() async throws {
    let run = try await folder.run(
      .verify, "source", try await Sample.models.value.fp32, Sample.query, Sample.decode,
      Sample.memorize, "--size", "64x96", "--json", "--report", "source.json")
    #expect(run.code == 0)
    #expect(run.errors == "")
    let json = try run.json
    #expect(json["verdict"] as? String == "pass")
    #expect(json["firstCause"] is NSNull)
    #expect(json["timing"] is NSNull)
    #expect((json["layers"] as? [Any])?.count == 321)
    #expect(try folder.bytes("source.json") == Data(run.output.utf8))
  }

  @Test func `a model that computes something else fails and names the first layer`() async throws {
    let sound = try SafetensorsFile.read(try await Sample.models.value.fp32)
    let entries = try sound.entries.map { entry in
      guard entry.name == "Encoder_Q.res3.1.conv2.weight" else { return entry }
      var kernel = try entry.floats()
      kernel.values = kernel.values.map { 1.01 * $0 }
      return TensorArchive.Entry(name: entry.name, tensor: Tensor(kernel))
    }
    try TinyModel.write(entries, to: folder["other.safetensors"])
    let run = try await folder.run(
      .verify, "source", "other.safetensors", Sample.query, "--size", "32x32", "--worst", "1")
    #expect(run.code == 1)
    #expect(
      run.output.contains("the two part first at 'Encoder_Q.res3.1.conv2': query.onnx, Conv#"))
    #expect(run.output.contains("verdict: fail, first cause Encoder_Q.res3.1.conv2\n"))
  }

  @Test func `a model in int8 is refused`() async throws {
    try await folder.refuse(
      .verify, "source", try await Sample.models.value.int8, Sample.query, code: 65,
      naming: ["int8.safetensors", "expected fp32, fp16, bf16 or w8 layers", "found int8"])
  }

  @Test func `a file that is no graph is refused`() async throws {
    try await folder.refuse(
      .verify, "source", try await Sample.models.value.fp32, Sample.golden, code: 65,
      naming: [Sample.golden, "expected an ONNX model"])
  }

  @Test func `a size that is no multiple of 16 is refused`() async throws {
    try await folder.refuse(
      .verify, "source", "m.safetensors", Sample.query, "--size", "100x100", code: 64,
      naming: ["100x100", "--size"])
  }

  @Test func `times are reported only where they are asked for`() async throws {
    let json = try await folder.succeed(
      .verify, "source", try await Sample.models.value.fp32, Sample.query, "--size", "16x16",
      "--timing", "--json"
    ).json
    let timing = try #require(json["timing"] as? [[String: Any]])
    #expect(timing.map { $0["file"] as? String } == ["query.onnx"])
  }
}
