import Foundation
import Safetensors
import Tensors
import Testing

/// `stm-convert map`, and the options of `import` that decide how tensors are matched.
@Suite struct MapTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// A file of the exports that the mapping's tests are made of.
  private static func exporter(_ name: String) -> String {
    "\(repository)/Tests/MappingTests/Fixtures/exporters/\(name)"
  }

  private static let query = exporter("torchscript-17-unfolded/query.onnx")
  private static let decode = exporter("torchscript-17-unfolded/decode.onnx")
  private static let anonymous = exporter("anonymous-inputs/memorize.onnx")

  @Test func `map shows parameters, tensors and evidence, and writes nothing`() async throws {
    let run = try await folder.succeed(
      .convert, "map", Self.anonymous, Self.query, Self.decode, "--bind", "x1=mask")
    let lines = run.output.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(lines[0] == "parameter from done evidence")
    #expect(
      lines.contains {
        $0.wholeMatch(
          of: /Encoder_M\.conv1_m\.weight memorize\.onnx: \S+ topology:Conv#\d+ <- input x1/) != nil
      },
      "\(run.output)")
    #expect(lines.contains { $0.hasPrefix("KV_Q_r4.Key.{weight,bias} query.onnx: ") })
    #expect(lines.contains { $0.hasPrefix("evidence: name ") && $0.contains(", topology ") })
    #expect(lines.contains { $0.hasSuffix(" ignored + 0 unexpected") })
    #expect(try folder.files == [])
  }

  @Test func `map --json tells the evidence of every tensor`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    let json = try await folder.succeed(.convert, "map", "tiny.safetensors", "--json").json
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    #expect(tensors.count == TinyModel.entries().count)
    #expect(tensors.allSatisfy { $0["evidence"] as? String == "name" })
    #expect(json["verdict"] as? String == "pass")
  }

  @Test func `map shows what it can of an export that does not fit, and refuses it`() async throws {
    try TinyModel.write(
      TinyModel.entries().filter { $0.name != "Decoder.pred2.bias" },
      to: folder["odd.safetensors"])
    let run = try await folder.run(.convert, "map", "odd.safetensors")
    #expect(run.code == 65)
    #expect(run.output.contains("Decoder.pred2.weight"))
    #expect(run.errors.contains("tensor 'Decoder.pred2.bias': expected shape [2], found none"))
    #expect(run.errors.contains("\nhint: "))
  }

  @Test func `suggested rules complete an import`() async throws {
    try TinyModel.write(
      TinyModel.entries().map {
        $0.name.hasPrefix("Decoder.pred2.")
          ? $0.renamed($0.name.replacing("pred2", with: "pred_2")) : $0
      }, to: folder["odd.safetensors"])
    let rules = try await folder.succeed(.convert, "map", "odd.safetensors", "--suggest").output
    #expect(rules.contains("  - from: 'Decoder.pred_2.bias'"))
    try folder.write(Data(rules.utf8), as: "rules.yaml")
    let run = try await folder.succeed(
      .convert, "odd.safetensors", "--map", "rules.yaml", "-o", "stm.safetensors")
    #expect(run.output.contains("rule 2"))
    let written = try SafetensorsFile.read(folder["stm.safetensors"])
    #expect(written.entries.count == TinyModel.entries().count)
    let provenance = try #require(written.metadata["stm.provenance"])
    #expect(provenance.contains(#""map":"rules""#) && provenance.contains("rules.yaml"))
  }

  @Test func `rules that are none are refused with their line`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.write(Data("rules:\n  - from: a\n    too: b\n".utf8), as: "rules.yaml")
    try await folder.refuse(
      .convert, "tiny.safetensors", "--map", "rules.yaml", "-o", "stm.safetensors", code: 65,
      naming: ["rules.yaml: line 3: ", "'too'", "hint: ", "--suggest"])
    try await folder.refuse(
      .convert, "tiny.safetensors", "--map", "no.yaml", "-o", "stm.safetensors", code: 66,
      naming: ["no.yaml"])
    try await folder.refuse(
      .convert, "tiny.safetensors", "--map", "rules.yaml", "-o", "rules.yaml", code: 64,
      naming: ["--output: expected another file"])
  }

  @Test func `inputs that nothing tells apart are refused until they are bound`() async throws {
    try await folder.refuse(
      .convert, Self.anonymous, Self.query, Self.decode, "-o", "stm.safetensors", code: 65,
      naming: ["memorize.onnx", "Encoder_M.conv1_m or Encoder_M.conv1_o", "--bind INPUT=mask"])
    try await folder.succeed(
      .convert, Self.anonymous, Self.query, Self.decode, "-o", "stm.safetensors", "--bind",
      "memorize.onnx:x1=mask", "--bind", "x2=others")
    let written = try SafetensorsFile.read(folder["stm.safetensors"])
    let truth = try SafetensorsFile.read(Self.exporter("stm.safetensors"))
    for name in ["Encoder_M.conv1_m.weight", "Encoder_M.conv1_o.weight"] {
      let (found, expected) = (try #require(written[name]), try #require(truth[name]))
      #expect(try found.tensor().isBitIdentical(to: expected.tensor()))
    }
    #expect(
      written.metadata["stm.provenance"]?
        .contains(#""bind":"memorize.onnx:x1=mask x2=others""#) == true)
  }

  @Test func `bindings of no role and of no input are refused`() async throws {
    try await folder.refuse(
      .convert, Self.anonymous, "-o", "stm.safetensors", "--bind", "x1=sky", code: 64,
      naming: ["--bind", "x1=sky"])
    try await folder.refuse(
      .convert, Self.anonymous, Self.query, Self.decode, "-o", "stm.safetensors", "--bind",
      "x9=mask", code: 64, naming: ["--bind 'x9=mask'", "'x0', 'x1', 'x2'"])
  }

  @Test func `a backbone becomes two encoders of a model to train`() async throws {
    let backbone = Self.exporter("torchvision/resnet.pth")
    try await folder.refuse(
      .convert, backbone, "-o", "stm.safetensors", code: 65,
      naming: ["resnet.pth", "expected a whole network", "--into Encoder_Q,Encoder_M --partial"])
    try await folder.refuse(
      .convert, backbone, "-o", "stm.safetensors", "--into", "Encoder_Q", code: 64,
      naming: ["--into", "--partial"])
    try await folder.refuse(
      .convert, backbone, "-o", "stm.safetensors", "--into", "Decoder", "--partial", code: 64,
      naming: ["--into: expected Encoder_Q or Encoder_M, found Decoder"])
    let run = try await folder.succeed(
      .convert, backbone, "-o", "stm.safetensors", "--into", "Encoder_Q,Encoder_M", "--partial")
    #expect(run.output.contains("parameters, as allowed"))
    let written = try SafetensorsFile.read(folder["stm.safetensors"])
    #expect(written["Encoder_M.res4.0.conv1.weight"] != nil)
    #expect(written["Decoder.pred2.bias"] == nil)
  }

  @Test func `batch norms are folded on demand`() async throws {
    try await folder.succeed(
      .convert, Sample.hdf5, "-o", "stm.safetensors", "--fold-batch-norm", "always")
    let written = try SafetensorsFile.read(folder["stm.safetensors"])
    #expect(!written.entries.contains { $0.name.contains(".bn") })
    #expect(written["Encoder_Q.conv1.bias"]?.shape == [16])
    try await folder.succeed(
      .quantize, "stm.safetensors", "-o", "q.safetensors", "--precision", "fp16")
    try await folder.refuse(
      .convert, Sample.hdf5, "-o", "x.safetensors", "--fold-batch-norm", "maybe", code: 64,
      naming: ["--fold-batch-norm", "maybe", "always"])
  }

  @Test func `a residual that was rectified is in the model's configuration`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try await folder.succeed(
      .convert, "tiny.safetensors", "-o", "stm.safetensors", "--residual", "rectified")
    let configuration = try SafetensorsFile.read(folder["stm.safetensors"])
      .metadata["stm.configuration"]
    #expect(configuration?.contains(#""residual":"rectified""#) == true)
  }

  @Test func `a graph that computes something else is refused with the way around it`() async throws
  {
    try await folder.refuse(
      .convert, Self.exporter("torchscript-17-unfolded/memorize.onnx"),
      Self.exporter("stride-first/query.onnx"), Self.decode, "-o", "stm.safetensors", code: 65,
      naming: ["query.onnx", "strides: expected [1, 1], found [2, 2]", "--match names"])
  }
}
