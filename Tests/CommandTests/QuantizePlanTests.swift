import Foundation
import Safetensors
import Tensors
import Testing

/// Models of several precisions, and what becomes of every layer.
@Suite struct QuantizePlanTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  private func layers(_ report: [String: Any]) throws -> [String: [String: Any]] {
    let layers = try #require(report["layers"] as? [[String: Any]])
    return Dictionary(uniqueKeysWithValues: layers.map { ($0["name"] as? String ?? "", $0) })
  }

  @Test func `a model in w8 says what it is, runs, and stays close to what it was`() async throws {
    let json = try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "w8.safetensors", "--precision", "w8", "--json"
    ).json
    #expect(json["precision"] as? String == "w8")
    let file = try SafetensorsFile.read(folder["w8.safetensors"])
    #expect(file.metadata["stm.precision"] == "w8" && file.metadata["stm.plan"] == nil)
    #expect(file["Decoder.pred2.weight"]?.elementType == .int8)
    #expect(file["Decoder.pred2.weight.scale"]?.shape == [2])
    #expect(file["Decoder.pred2.input.scale"] == nil)
    let report = try await folder.succeed(
      .verify, "tiny.safetensors", "w8.safetensors", "--clip", "clip", "--json", "--backend",
      "reference"
    ).json
    #expect(report["verdict"] as? String == "pass")
    #expect(report["coverage"] as? Double == 1)
    try await folder.succeed(
      .verify, "profile", "w8.safetensors", "--size", "16x16", "--memory", "1", "--rounds", "1",
      "--backend", "reference", "--quiet")
  }

  @Test func `a mixed model has the plan that was asked for, runs, and is not quantized again`()
    async throws
  {
    try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "mixed.safetensors", "--precision", "int8", "--keep",
      "Decoder.pred2=fp16", "--keep", "Encoder_Q.**=w8", "--keep", "Encoder_Q.conv1=fp32",
      "--memory-precision", "int8", "--calibrate", "clip", "--backend", "reference", "--quiet")
    let file = try SafetensorsFile.read(folder["mixed.safetensors"])
    #expect(file.metadata["stm.precision"] == "mixed")
    let provenance = try #require(file.metadata["stm.provenance"])
    #expect(
      provenance.contains(
        #""keep":"Decoder.pred2=fp16, Encoder_Q.**=w8, Encoder_Q.conv1=fp32""#))
    #expect(provenance.contains(#""memory-precision":"int8""#))
    for (name, type) in [
      ("Decoder.pred2.weight", ElementType.float16), ("Encoder_Q.conv1.weight", .float32),
      ("Encoder_Q.res2.0.conv1.weight", .int8), ("memory_values.output.scale", .float32),
    ] { #expect(file[name]?.elementType == type, "\(name)") }
    #expect(file["Encoder_Q.res2.0.conv1.input.scale"] == nil)

    let report = try await folder.run(
      .verify, "tiny.safetensors", "mixed.safetensors", "--clip", "clip", "--json", "--backend",
      "reference"
    ).json
    let precisions = Dictionary(
      uniqueKeysWithValues: (report["layers"] as? [[String: Any]] ?? []).map {
        ($0["name"] as? String ?? "", $0["precision"] as? String ?? "")
      })
    #expect(precisions["Decoder.pred2"] == "fp16" && precisions["Encoder_Q.relu"] == "fp32")
    #expect(
      precisions["Encoder_Q.res2.0.relu1"] == "w8" && precisions["Decoder.convFM"] == "int8")
    try await folder.succeed(
      .segment, "mixed.safetensors", "--clip", "clip", "-o", "masks", "--backend", "reference",
      "--quiet")
    try await folder.succeed(.convert, "inspect", "mixed.safetensors", "--quiet")
    let profile = try await folder.succeed(
      .verify, "profile", "mixed.safetensors", "--size", "16x16", "--memory", "1", "--rounds", "1",
      "--backend", "reference", "--json"
    ).json
    #expect(profile["precision"] as? String == "mixed")
    for refused in [["--precision", "w8", "-o", "q"], ["--keep", "**=fp16"]] {
      let subcommand = refused.count == 2 ? "plan" : "write"
      let run = try await folder.run(
        .quantize, subcommand, "mixed.safetensors", refused[0], refused[1],
        refused.count == 2 ? "--json" : "-o", refused.count == 2 ? "--quiet" : "q")
      #expect(run.code == 65)
      #expect(run.errors.contains("mixed.safetensors: precision: expected fp32, found mixed"))
    }
  }

  @Test func `a model's own plan, from a file, gives the same tensors`() async throws {
    for command in [
      ["--precision", "int8", "--keep", "Decoder.**=bf16", "--memory-precision", "fp16"],
      ["--plan", "plan.json"],
    ] {
      let output = command.count == 2 ? "again.safetensors" : "first.safetensors"
      let run = try await Tool.quantize.run(
        ["tiny.safetensors", "-o", output, "--calibrate", "clip", "--backend", "reference"]
          + ["--quiet"] + command, in: folder.path)
      #expect(run.code == 0, "\(run.errors)")
      let plan = try #require(try SafetensorsFile.read(folder[output]).metadata["stm.plan"])
      try folder.write(Data(plan.utf8), as: "plan.json")
    }
    let (first, again) = (
      try SafetensorsFile.read(folder["first.safetensors"]),
      try SafetensorsFile.read(folder["again.safetensors"])
    )
    #expect(first.entries.map(\.name) == again.entries.map(\.name))
    for entry in first.entries {
      let other = try #require(again[entry.name])
      #expect(try entry.tensor().isBitIdentical(to: other.tensor()), "\(entry.name)")
    }
    #expect(first.metadata["stm.plan"] == again.metadata["stm.plan"])
    #expect(again.metadata["stm.provenance"]?.contains(#""name":"plan.json""#) == true)
  }

  @Test func `the same plan gives the same bytes whatever the number of threads`() async throws {
    for threads in ["1", "2"] {
      try await folder.succeed(
        .quantize, "tiny.safetensors", "-o", "\(threads).safetensors", "--precision", "w8",
        "--keep", "Decoder.ResMM.*=int8", "--memory-precision", "int8", "--calibrate", "clip",
        "--threads", threads, "--quiet")
    }
    #expect(try folder.bytes("1.safetensors") == folder.bytes("2.safetensors"))
  }

  @Test func `weights of a reduced range have 7 bits, and the file says so`() async throws {
    for (precision, option) in [("w8", "--quiet"), ("int8", "--calibrate=clip")] {
      try await folder.succeed(
        .quantize, "tiny.safetensors", "-o", "\(precision).safetensors", "--precision", precision,
        "--reduce-range", "--backend", "reference", "--quiet", option)
      let file = try SafetensorsFile.read(folder["\(precision).safetensors"])
      #expect(file.metadata["stm.provenance"]?.contains(#""reduce-range":"yes""#) == true)
      for entry in file.entries where entry.name.hasSuffix(".weight") {
        let integers = try entry.tensor().bitPatterns(as: Int8.self)
        #expect(integers.allSatisfy { (-63...63).contains($0) }, "\(entry.name)")
        #expect(integers.contains { abs($0) == 63 }, "\(entry.name)")
      }
    }
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--precision", "fp16", "--reduce-range", code: 64,
      naming: ["--reduce-range", "int8 or w8"])
  }

  @Test func `corrected biases are other ones, recorded in the metadata, and need clips`()
    async throws
  {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "plain.safetensors", "--precision", "w8", "--quiet")
    try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "corrected.safetensors", "--precision", "w8",
      "--bias-correction", "empirical", "--calibrate", "clip", "--backend", "reference", "--quiet")
    let plain = try SafetensorsFile.read(folder["plain.safetensors"])
    let corrected = try SafetensorsFile.read(folder["corrected.safetensors"])
    #expect(
      corrected.metadata["stm.provenance"]?.contains(#""bias-correction":"empirical""#) == true)
    #expect(plain.entries.map(\.name) == corrected.entries.map(\.name))
    let biases = try zip(plain.entries, corrected.entries).filter { $0.0.name.hasSuffix(".bias") }
      .map { try $0.floats() == $1.floats() }
    #expect(biases.count { !$0 } > biases.count / 2)
    let report = try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "analytic.safetensors", "--precision", "w8",
      "--bias-correction", "analytic", "--json"
    ).json
    let repairs = try #require(report["repairs"] as? [String: Any])
    #expect(repairs["biasCorrection"] as? String == "analytic")
    let uncorrected = try #require(repairs["uncorrectedBiases"] as? [String])
    #expect(uncorrected.contains("Decoder.pred2"))
    #expect(!uncorrected.contains("Encoder_Q.res2.0.conv2"))
    #expect(try folder.bytes("analytic.safetensors") == folder.bytes("plain.safetensors"))
    try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "rounded.safetensors", "--precision", "w8",
      "--bias-correction", "none", "--quiet")
    #expect(try folder.bytes("rounded.safetensors") != folder.bytes("plain.safetensors"))
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--precision", "w8", "--bias-correction",
      "empirical", code: 64, naming: ["--bias-correction", "--calibrate"])
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--precision", "fp16", "--bias-correction",
      "empirical", "--calibrate", "clip", code: 64, naming: ["--bias-correction", "int8 or w8"])
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--precision", "w8", "--equalize", code: 64,
      naming: ["--equalize", "layers in int8"])
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--precision", "int8", "--equalize", "--method",
      "mse", "--calibrate", "clip", code: 64, naming: ["--equalize", "minmax", "mse"])
  }

  @Test(
    arguments: [
      (["--keep", "Decoder.pred3=fp16"], ["Decoder.pred3=fp16", "near: 'Decoder.pred2'"]),
      (["--keep", "Memory.read=int8"], ["Memory.read=int8", "stm-quantize plan"]),
      (["--keep", "Decoder.upsample=fp16"], ["Decoder.upsample=fp16"]),
      (["--keep", "Decoder.pred2=int4"], ["Decoder.pred2=int4", "--keep"]),
      (["--keep", "Decoder.pred2"], ["Decoder.pred2", "--keep"]),
      (["--memory-precision", "w8"], ["--memory-precision", "fp32, fp16, bf16 or int8"]),
      (["--memory-precision", "int8"], ["--calibrate"]),
      (["--keep", "Decoder.pred2=int8"], ["--calibrate"]),
      (["--plan", "plan.json"], ["--plan", "--precision"]),
    ] as [([String], [String])])
  func `a plan that cannot be asked for is refused as a wrong command line`(
    options: [String], nouns: [String]
  ) async throws {
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--precision", "fp16", options[0], options[1],
      code: 64, naming: nouns)
  }

  @Test func `neither a precision nor a plan is a wrong command line`() async throws {
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q", "--keep", "Decoder.pred2=fp16", code: 64,
      naming: ["--precision or --plan"])
  }

  @Test(
    arguments: [
      ("{", ["expected a JSON object"]),
      (#"{"standard":"int8","exception":{}}"#, ["name 'exception'"]),
      (
        #"{"standard":"int8","exceptions":{"Decoder.pred9":"fp16","Decoder.upsample":"fp16"}}"#,
        ["2 problems", "such as 'Decoder.pred2'", "follows 'Decoder.pred2'"]
      ),
      (#"{"standard":"int8","memory":{"memory_keys":"w8"}}"#, ["memory 'memory_keys'"]),
    ] as [(String, [String])])
  func `a plan's file that does not fit is refused by name`(
    text: String, nouns: [String]
  ) async throws {
    try folder.write(Data(text.utf8), as: "plan.json")
    for command in ["write", "plan"] {
      try await folder.refuse(
        .quantize, command, "tiny.safetensors", "--plan", "plan.json",
        command == "write" ? "--output=q" : "--json", code: 65, naming: ["plan.json"] + nouns)
    }
  }

  @Test func `a plan's file that is not there, or no text of a plan's size, is refused`()
    async throws
  {
    try await folder.refuse(
      .quantize, "plan", "tiny.safetensors", "--plan", "none.json", code: 66, naming: ["none.json"])
    try folder.write(Data(repeating: 32, count: 1 << 18 + 1), as: "big.json")
    try await folder.refuse(
      .quantize, "plan", "tiny.safetensors", "--plan", "big.json", code: 65,
      naming: ["big.json", "262144 bytes"])
  }

  @Test func `the plan of an int8 model covers its convolutions and fails a gate beyond that`()
    async throws
  {
    let int8 = try await Sample.models.value.int8
    let report = try await folder.succeed(
      .quantize, "plan", int8, "--require-coverage", "0.98", "--json"
    ).json
    #expect(report["verdict"] as? String == "pass" && report["precision"] as? String == "int8")
    #expect(abs(try #require(report["coverage"] as? Double) - 1) < 1e-9)
    #expect(
      (report["fileBytes"] as? Int)
        == (try FileManager.default.attributesOfItem(atPath: int8)[.size] as? Int))
    #expect(try #require(report["sizeRatio"] as? Double) < 0.26)
    let wide = try layers(report).filter { $0.value["staysWide"] as? Bool == true }
    #expect(wide.count == 7 && wide["Memory.read"] != nil && wide["Decoder.pred2"] != nil)

    let text = try await folder.succeed(.quantize, "plan", int8).output
    #expect(text.contains("of which 1.0000 accumulate in 32 bits from 8-bit operands\n"))
    let run = try await folder.run(
      .quantize, "plan", try await Sample.models.value.fp32, "--precision", "int8", "--keep",
      "Encoder_Q.**=bf16", "--require-coverage", "0.98", "--json")
    #expect(run.code == 1 && run.errors == "")
    let failed = try run.json
    #expect(failed["verdict"] as? String == "fail")
    #expect(try #require(failed["coverage"] as? Double) < 0.9)
  }

  @Test func `a preview of an fp32 model has the reasons of what was asked for and writes nothing`()
    async throws
  {
    let before = try folder.files
    let report = try await folder.succeed(
      .quantize, "plan", "tiny.safetensors", "--precision", "int8", "--keep", "Decoder.*=fp16",
      "--memory-precision", "int8", "--size", "32x48", "--json"
    ).json
    let found = try layers(report)
    #expect(found["Decoder.pred2"]?["reason"] as? String == "kept by --keep 'Decoder.*=fp16'")
    #expect(found["Decoder.RF2.convFS"]?["reason"] as? String == "standard")
    #expect(
      found["Decoder.upsample"]?["reason"] as? String
        == "not a convolution: follows 'Decoder.pred2'")
    #expect(found["Decoder.pred2"]?["multiplications"] as? Int == 8 * 12 * 9 * 4 * 2)
    let memories = try #require(report["memories"] as? [[String: Any]])
    #expect(memories.map { $0["bytes"] as? Int } == [2 * 6, 4 * 6])
    #expect(
      memories.allSatisfy { $0["reason"] as? String == "asked for by --memory-precision" })
    #expect(try folder.files == before)

    let own = try await folder.succeed(.quantize, "plan", "tiny.safetensors", "--json").json
    #expect(own["precision"] as? String == "fp32" && own["coverage"] as? Double == 0)
  }

  @Test(arguments: [
    ["--require-coverage", "1.5"], ["--size", "30x48"], ["--size", "0x16"], ["--size", "32"],
  ])
  func `numbers of a plan that are out of range are refused`(options: [String]) async throws {
    try await folder.refuse(
      .quantize, "plan", "tiny.safetensors", options[0], options[1], code: 64, naming: [options[0]])
  }
}
