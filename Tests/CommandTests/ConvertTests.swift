import Foundation
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct ConvertTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `three ONNX files become one model, with the same bytes every time`() async throws {
    for output in ["a.safetensors", "b.safetensors"] {
      let run = try await folder.succeed(
        .convert, Sample.memorize, Sample.query, Sample.decode, "-o", output)
      #expect(run.output.contains("decode.onnx: 472 parameters\n"))
      #expect(run.output.hasSuffix("wrote \(output)\n"))
    }
    #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
    #expect(try SafetensorsFile.read(folder["a.safetensors"]).entries.count == 472)
    #expect(try folder.files == ["a.safetensors", "b.safetensors"])
  }

  @Test func `an HDF5 file becomes a model, with the same bytes every time`() async throws {
    for output in ["a.safetensors", "b.safetensors"] {
      try await folder.succeed(.convert, "import", Sample.hdf5, "-o", output, "--quiet")
    }
    #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
    #expect(try SafetensorsFile.read(folder["a.safetensors"]).entries.count == 558)
  }

  @Test func `ONNX and HDF5 carry the same weights`() async throws {
    try await folder.succeed(.convert, Sample.hdf5, "-o", "hdf5.safetensors")
    let (hdf5, onnx) = (
      try SafetensorsFile.read(folder["hdf5.safetensors"]),
      try SafetensorsFile.read(try await Sample.models.value.fp32)
    )
    for entry in onnx.entries {
      let other = try #require(hdf5[entry.name])
      #expect(try entry.tensor().isBitIdentical(to: other.tensor()), "\(entry.name)")
    }
  }

  @Test func `a model that is imported again keeps its tensors`() async throws {
    let model = try await Sample.models.value.fp32
    try await folder.succeed(.convert, model, "-o", "again.safetensors")
    let (first, again) = (
      try SafetensorsFile.read(model), try SafetensorsFile.read(folder["again.safetensors"])
    )
    #expect(first.entries.map(\.name) == again.entries.map(\.name))
  }

  @Test func `an existing model is replaced`() async throws {
    try folder.write(Data("old".utf8), as: "stm.safetensors")
    try await folder.succeed(.convert, Sample.hdf5, "-o", "stm.safetensors")
    #expect(try SafetensorsFile.read(folder["stm.safetensors"]).entries.count == 558)
  }

  @Test func `a dry run writes nothing and reports the same`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    let dry = try await folder.succeed(.convert, "tiny.safetensors", "--dry-run", "--json")
    #expect(try folder.files == ["tiny.safetensors"])
    let wet = try await folder.succeed(
      .convert, "tiny.safetensors", "-o", "stm.safetensors", "--json", "--report", "r.json")
    #expect(dry.output == wet.output)
    #expect(try folder.bytes("r.json") == Data(wet.output.utf8))
    #expect(try wet.json["verdict"] as? String == "pass")
  }

  @Test func `what is allowed to be missing may be missing`() async throws {
    try TinyModel.write(
      TinyModel.entries().filter { $0.name != "Decoder.pred2.bias" },
      to: folder["tiny.safetensors"])
    try await folder.succeed(
      .convert, "tiny.safetensors", "-o", "stm.safetensors", "--allow-missing", "*.pred2.bias")
    let written = try SafetensorsFile.read(folder["stm.safetensors"])
    #expect(written.entries.count == TinyModel.entries().count - 1)
    #expect(written.metadata["stm.provenance"]?.contains("*.pred2.bias") == true)
  }

  @Test func `what is allowed to be unexpected is left out`() async throws {
    try TinyModel.write(
      TinyModel.entries() + [.init("ema.step", [1])], to: folder["tiny.safetensors"])
    try await folder.succeed(
      .convert, "tiny.safetensors", "-o", "stm.safetensors", "--allow-unexpected", "ema.**")
    let written = try SafetensorsFile.read(folder["stm.safetensors"])
    #expect(written.entries.count == TinyModel.entries().count)
    #expect(written["ema.step"] == nil)
  }

  @Test func `inspect lists what a graph is given`() async throws {
    let run = try await folder.succeed(.convert, "inspect", Sample.memorize)
    #expect(
      run.output.contains(
        "inputs: frame [1, 3, ?, ?], mask [1, 1, ?, ?], others [1, 1, ?, ?]\n"))
    let json = try await folder.succeed(.convert, "inspect", Sample.hdf5, "--json").json
    #expect((json["inputs"] as? [Any])?.isEmpty == true)
  }

  @Test func `inspect lists names, types and shapes`() async throws {
    let run = try await folder.succeed(.convert, "inspect", Sample.hdf5)
    #expect(run.output.contains("Encoder_M.conv1_m.weight"))
    #expect(run.output.contains("558 tensors with "))
    #expect(run.output.contains("format hdf5"))
  }

  @Test(arguments: [
    (Sample.memorize, "onnx"), (Sample.hdf5, "hdf5"), (Sample.golden, "safetensors"),
    (Sample.pytorch, "pytorch"), (Sample.npz, "npz"),
  ])
  func `inspect --json names the format as its schema does`(
    file: String, format: String
  ) async throws {
    let json = try await folder.succeed(.convert, "inspect", file, "--json").json
    #expect(json["format"] as? String == format)
    let schema = try ReportSchema.named("inspection-report")["properties"] as? [String: Any]
    let known = (schema?["format"] as? [String: Any])?["enum"] as? [String]
    #expect(try #require(known).contains(format))
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    #expect(tensors.allSatisfy { $0["type"] as? String == "F32" || $0["type"] as? String == "I64" })
  }

  @Test func `inspect gives repeated tensors one line with the statistics of all`() async throws {
    let entries = ["res.0.w", "res.1.w", "res.3.w", "other"].enumerated().map { index, name in
      TensorArchive.Entry(name, [2], filledWith: Float(index))
    }
    try TinyModel.write(entries, to: folder["a.safetensors"])
    let lines = try await folder.succeed(.convert, "inspect", "a.safetensors").output
      .split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.contains("res.{0...1, 3}.w F32 [2] 0 2 1 0.8165 2"), "\(lines)")
    #expect(lines.contains("other F32 [2] 3 3 3 0 0"), "\(lines)")
  }

  @Test func `inspect tells the first element that is not finite`() async throws {
    let bits: [UInt32] = [0x3F80_0000, 0x7F80_0000, 0, 0x7FC0_0000]
    let tensor = Tensor(bitPatterns: bits, elementType: .float32, shape: [4])
    try TinyModel.write([.init(name: "w", tensor: tensor)], to: folder["a.safetensors"])
    let text = try await folder.succeed(.convert, "inspect", "a.safetensors").output
    #expect(text.contains("not finite: w: 2 elements, the first at index 1\n"))
    let json = try await folder.succeed(.convert, "inspect", "a.safetensors", "--json").json
    let line = try #require((json["tensors"] as? [[String: Any]])?.first)
    let statistics = try #require(line["statistics"] as? [String: Any])
    #expect(statistics["nonFinite"] as? Int == 2 && statistics["firstNonFinite"] as? Int == 1)
    #expect(statistics["minimum"] as? Double == 0 && statistics["maximum"] as? Double == 1)
    #expect(statistics["mean"] as? Double == 0.5 && statistics["zeros"] as? Int == 1)
  }
}
