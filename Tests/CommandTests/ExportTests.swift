import Foundation
import Tensors
import Testing

@Suite struct ExportTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `an export is imported with the same weights and computes the same`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    let report = try await folder.succeed(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", "new/graphs", "--report", "r.json")
    #expect(report.output.contains("wrote 3 graphs to new/graphs: onnx, operator set 17\n"))
    let graphs = ["memorize", "query", "decode"].map { "new/graphs/\($0).onnx" }
    try await folder.succeed(.convert, graphs[0], graphs[1], graphs[2], "-o", "again.safetensors")
    try await folder.succeed(.convert, "diff", "m.safetensors", "again.safetensors")
    try await folder.succeed(
      .verify, "source", "m.safetensors", graphs[0], graphs[1], graphs[2], "--size", "32x32",
      "--backend", "reference")
    let json = try JSONSerialization.jsonObject(with: folder.bytes("r.json")) as? [String: Any]
    #expect(json?["target"] as? String == "onnx" && json?["precision"] as? String == "fp32")
    let files = try #require(json?["files"] as? [[String: Any]])
    for (file, path) in zip(files, graphs) {
      #expect(try file["bytes"] as? Int == folder.bytes(path).count)
    }
  }

  @Test func `the same model gives the same bytes, wherever they are written`() async throws {
    let model = try await Sample.models.value.int8
    for name in ["a", "b"] {
      try await folder.succeed(.convert, "export", model, "--to", "onnx-qdq", "-o", name, "--quiet")
    }
    for graph in ["memorize", "query", "decode"] {
      let bytes = try folder.bytes("a/\(graph).onnx")
      #expect(try bytes == folder.bytes("b/\(graph).onnx"))
      #expect(bytes.range(of: Data(folder.path.utf8)) == nil)
      for text in [
        "stm-tools", "stm.provenance", "sha256", "stm.configuration", #""to":"onnx-qdq""#,
      ] {
        #expect(bytes.range(of: Data(text.utf8)) != nil, "\(text)")
      }
    }
  }

  @Test func `graphs that are there are replaced`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    for opset in ["13", "20"] {
      try await folder.succeed(
        .convert, "export", "m.safetensors", "--to", "onnx", "-o", ".", "--opset", opset)
    }
    let list = try await folder.succeed(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", ".", "--json"
    ).json
    #expect(list["operatorSet"] as? Int == 17)
    #expect(try folder.files == ["decode.onnx", "m.safetensors", "memorize.onnx", "query.onnx"])
  }

  @Test func `a precision that the target has no place for is refused`() async throws {
    let models = try await Sample.models.value
    try await folder.refuse(
      .convert, "export", models.int8, "--to", "onnx", "-o", "graphs", code: 65,
      naming: [models.int8, "int8", "--to onnx-qdq"])
    try await folder.refuse(
      .convert, "export", models.fp16, "--to", "onnx-qdq", "-o", "graphs", code: 65,
      naming: [models.fp16, "fp16", "--to onnx"])
  }

  @Test(arguments: [
    ["--to", "keras"], ["--opset", "12"], ["--opset", "29"], ["--opset", "newest"],
  ])
  func `a target or an operator set that there is none of is refused`(
    option: [String]
  ) async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try await folder.refuse(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", "graphs", option[0], option[1],
      code: 64, naming: option)
  }

  @Test func `a folder that cannot be made, and outputs in one another's place, are refused`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try await folder.refuse(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", "m.safetensors/graphs", code: 73,
      naming: ["m.safetensors/graphs"])
    try await folder.refuse(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", ".", "--report", "query.onnx",
      code: 64, naming: ["--report", "query.onnx"])
    try await folder.refuse(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", "graphs", "--report",
      "m.safetensors", code: 64, naming: ["--report", "m.safetensors"])
    try TinyModel.write(to: folder["query.onnx"])
    try await folder.refuse(
      .convert, "export", "query.onnx", "--to", "onnx", "-o", ".", code: 64,
      naming: ["--output", "query.onnx"])
  }

  @Test func `a model that lacks a tensor is refused`() async throws {
    try TinyModel.write(
      TinyModel.entries().filter { $0.name != "Decoder.pred2.bias" }, to: folder["m.safetensors"])
    try await folder.refuse(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", "graphs", code: 65,
      naming: ["m.safetensors", "Decoder.pred2.bias"])
  }
}
