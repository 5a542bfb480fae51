import Foundation
import FoundationXML
import Testing

@Suite struct VerifyTests {
  let folder: Workspace
  private let small = ["--clip", Sample.clip, "--frames", "3", "--long-edge", "96"]

  init() throws { folder = try Workspace() }

  /// Verifies `candidate` against the sample model over the first frames of the clip.
  private func verify(_ candidate: String, _ options: String...) async throws -> Run {
    try await Tool.verify.run(
      [try await Sample.models.value.fp32, candidate] + small + options, in: folder.path)
  }

  @Test func `fp16, bf16 and int8 pass with the promised keys`() async throws {
    let models = try await Sample.models.value
    for (candidate, precision) in [
      (models.fp16, "fp16"), (models.bf16, "bf16"), (models.int8, "int8"),
    ] {
      let run = try await verify(candidate, "--json", "--report", "report.json")
      #expect(run.code == 0)
      #expect(run.errors == "")
      #expect(try folder.bytes("report.json") == Data(run.output.utf8))
      let json = try run.json
      #expect(json["verdict"] as? String == "pass")
      #expect(json["firstCause"] is NSNull)
      #expect(json["coverage"] as? Double == 1)
      let iou = try #require(json["iou"] as? [String: Double])
      #expect(try #require(iou["mean"]) >= 0.98)
      #expect(try #require(iou["minimum"]) >= 0.9)
      let layers = try #require(json["layers"] as? [[String: Any]])
      #expect(layers.count > 100)
      for layer in layers {
        #expect(layer["name"] is String)
        for key in ["sqnr", "isolatedSqnr"] {
          #expect(layer[key] is Double || layer[key] as? String == "Infinity")
        }
        #expect(layer["maximumError"] is Double)
      }
      #expect(layers.contains { $0["precision"] as? String == precision })
      let frames = try #require(json["frames"] as? [[String: Any]])
      #expect(frames.map { $0["index"] as? Int } == [1, 2])
      #expect(frames.allSatisfy { $0["iou"] is Double })
    }
  }

  @Test func `speed and memory are measured where that is asked for, and nowhere else`()
    async throws
  {
    let models = try await Sample.models.value
    let plain = try await verify(models.bf16, "--json")
    let timed = try await verify(models.bf16, "--json", "--timing")
    #expect(plain.code == 0 && timed.code == 0)
    var report = try timed.json
    let timing = try #require(report.removeValue(forKey: "timing") as? [String: [String: Double]])
    #expect(NSDictionary(dictionary: report) == NSDictionary(dictionary: try plain.json))
    for (side, model) in [("reference", models.fp32), ("candidate", models.bf16)] {
      let found = try #require(timing[side])
      let size = try FileManager.default.attributesOfItem(atPath: model)[.size] as? Int
      #expect(found["fileBytes"] == size.map(Double.init) && found["frames"] == 2)
      #expect(try #require(found["peakBytes"]) > 4e6 && #require(found["seconds"]) > 0)
    }
    let text = try await verify(models.bf16, "--timing").output
    for part in ["frames a second", "peak resident memory, MB", "file, MB"] {
      #expect(text.contains(part))
    }
    #expect(!(try await verify(models.bf16).output.contains("second")))
  }

  @Test func `an IoU that cannot be reached fails`() async throws {
    let int8 = try await Sample.models.value.int8
    let text = try await verify(int8, "--min-iou", "1")
    #expect(text.code == 1)
    #expect(text.errors == "")
    #expect(text.output.hasSuffix("verdict: fail, gate iou(mean) >= 1\n"))
    let json = try await verify(int8, "--min-iou", "1", "--json").json
    #expect(json["verdict"] as? String == "fail")
    #expect(json["firstCause"] is NSNull)
  }

  @Test func `a tolerance that cannot be reached fails and names the first layer`() async throws {
    let fp16 = try await Sample.models.value.fp16
    let run = try await verify(fp16, "--tolerance", "Decoder.**:500", "--json")
    #expect(run.code == 1)
    #expect(run.errors == "")
    let json = try run.json
    let layers = try #require(json["layers"] as? [[String: Any]])
    let first = try #require(
      layers.first { $0["verdict"] as? String == "fail" }?["name"] as? String)
    #expect(first.hasPrefix("Decoder."))
    #expect(json["firstCause"] as? String == first)
    let text = try await verify(fp16, "--tolerance", "Decoder.**:500")
    #expect(text.output.hasSuffix("verdict: fail, first cause \(first)\n"))
    #expect(text.output.contains("isolated dB contributed dB channel"))
  }

  @Test func `gates are reported with what was found and what would have passed`() async throws {
    let fp16 = try await Sample.models.value.fp16
    let gate = "isolated.sqnr(Decoder.**) >= 300"
    let run = try await verify(
      fp16, "--gate", gate, "--gate", "changed(worst) <= 50 %", "--json", "--junit", "j.xml",
      "--layers-csv", "l.csv", "--frames-csv", "f.csv")
    #expect(run.code == 1 && run.errors == "")
    let gates = try #require(try run.json["gates"] as? [[String: Any]])
    #expect(
      gates.map { $0["gate"] as? String }.suffix(2) == [gate + " dB", "changed(worst) <= 0.5"])
    #expect(gates.map { $0["verdict"] as? String } == ["pass", "pass", "fail", "pass"])
    let passing = try #require(gates[2]["passing"] as? String)
    #expect(try await verify(fp16, "--gate", passing).code == 0)

    let xml = try String(decoding: folder.bytes("j.xml"), as: UTF8.self)
    let layers = try #require(try run.json["layers"] as? [Any]).count
    #expect(xml.contains("<testsuites name=\"stm-verify\" tests=\"\(layers + 4)\" failures=\"1\">"))
    #expect(xml.contains("name=\"isolated.sqnr(Decoder.**) &gt;= 300 dB\">"))
    let document = XMLParser(data: try folder.bytes("j.xml"))
    #expect(document.parse())

    let frames = try String(decoding: folder.bytes("f.csv"), as: UTF8.self).split(separator: "\n")
    #expect(frames.count == 1 + 2 * 2 * 2)
    let table = try String(decoding: folder.bytes("l.csv"), as: UTF8.self).split(separator: "\n")
    #expect(table.dropFirst().count { $0.contains(",layer,") } == 2 * layers)
    #expect(Set(table.map { $0.count { $0 == "," } }).count == 1)
  }

  @Test func `a gate that asks for ground truth where there is none is refused`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for gate in ["j(mean) >= 0.5", "free.f(worst) >= 0.5"] {
      try await folder.refuse(
        .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--gate", gate, code: 64,
        naming: [gate, "expected ground truth", "behind the first frame"])
    }
  }

  @Test func `a candidate in a finer precision than its reference is refused by the layer`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "fp16.safetensors", "--precision", "fp16")
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "mixed.safetensors", "--precision", "fp16", "--keep",
      "Decoder.pred2=bf16")
    for (reference, candidate, layer) in [
      ("fp16", "m", "Encoder_M"), ("mixed", "fp16", "Decoder.pred2"),
    ] {
      try await folder.refuse(
        .verify, "\(reference).safetensors", "\(candidate).safetensors", "--clip", "clip", code: 64,
        naming: ["\(candidate).safetensors: layer '\(layer)", "no finer precision"])
    }
    #expect(
      try await folder.run(
        .verify, "fp16.safetensors", "mixed.safetensors", "--clip", "clip", "--quiet"
      ).code < 2)
  }

  @Test func `a gate that is malformed or selects nothing is refused`() async throws {
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", "--gate", "snqr(**) >= 3", code: 64,
      naming: ["expected a metric, found 'snqr'", "\n  snqr(**) >= 3\n  ^\n", "channel_sqnr"])
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--gate", "sqnr(Decodr.**) >= 9",
      code: 64, naming: ["no layer fits 'Decodr.**'"])
  }

  @Test func `a tolerance for no layer is refused, whatever else is selected`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--tolerance", "Decoder.**:9",
      "--tolerance", "Decodr.**:9", code: 64, naming: ["--tolerance: no layer fits 'Decodr.**'"])
  }

  @Test func `the page is written, with the same bytes whatever the number of threads`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for (threads, page) in [("1", "one.html"), ("2", "two.html")] {
      try await folder.succeed(
        .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--html", page, "--threads",
        threads, "--quiet")
    }
    let page = try folder.bytes("one.html")
    #expect(try page == folder.bytes("two.html"))
    let text = String(decoding: page, as: UTF8.self)
    #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("fp32 keeps the masks"))
    #expect(!text.contains("ground truth") && !text.contains(folder.path))
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--html", "none/page.html",
      code: 73, naming: ["none"])
  }

  @Test func `the report has the same bytes whatever the number of threads`() async throws {
    let int8 = try await Sample.models.value.int8
    let (one, two) = (
      try await verify(int8, "--json", "--threads", "1"),
      try await verify(int8, "--json", "--threads", "2")
    )
    #expect(one.code == 0)
    #expect(one.output == two.output)
  }

  @Test(arguments: ["fp16", "int8"])
  func `reports and tables have the same bytes in every run, whatever the number of threads`(
    precision: String
  ) async throws {
    let models = try await Sample.models.value
    let outputs = ["r.json", "j.xml", "l.csv", "f.csv"]
    var first: [Data] = []
    for threads in ["2", "2", "1", "3"] {
      let run = try await verify(
        precision == "int8" ? models.int8 : models.fp16, "--threads", threads, "--report",
        outputs[0], "--junit", outputs[1], "--layers-csv", outputs[2], "--frames-csv", outputs[3])
      #expect(run.code == 0 && run.errors == "")
      let found = [Data(run.output.utf8)] + (try outputs.map { try folder.bytes($0) })
      if first.isEmpty { first = found }
      for (name, pair) in zip(["text"] + outputs, zip(first, found)) {
        #expect(!pair.1.isEmpty && pair.0 == pair.1, "\(name), \(threads) threads")
      }
    }
  }

  @Test func `a model equals itself, also in plain loops`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for backend in ["onednn", "reference"] {
      let json = try await folder.succeed(
        .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--json", "--backend", backend
      ).json
      #expect((json["logits"] as? [String: Any])?["sqnr"] as? String == "Infinity")
      #expect(json["truth"] == nil)
    }
  }

  @Test func `the report names the arithmetic of the candidate, which is exact unless asked`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for arithmetic in ["exact", "fast"] {
      let options = arithmetic == "exact" ? "--threads=1" : "--arithmetic=fast"
      let json = try await folder.run(
        .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--json", options
      ).json
      #expect(json["arithmetic"] as? String == arithmetic)
      let text = try await folder.run(
        .verify, "m.safetensors", "m.safetensors", "--clip", "clip", options
      ).output
      #expect(text.contains(" over 1 frames, \(arithmetic) arithmetic\n"))
    }
  }

  @Test func `the report names how much of the memory was read`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let verify = ["m.safetensors", "m.safetensors", "--clip", "clip"]
    let all = try await Tool.verify.run(verify + ["--json"], in: folder.path)
    #expect(try all.json["topK"] is NSNull)
    for backend in ["onednn", "reference"] {
      let limited = verify + ["--top-k", "2", "--backend", backend]
      let json = try await Tool.verify.run(limited + ["--json"], in: folder.path).json
      #expect(json["topK"] as? Int == 2)
      #expect((json["logits"] as? [String: Any])?["sqnr"] as? String == "Infinity")
      let text = try await Tool.verify.run(limited, in: folder.path).output
      #expect(text.contains(" over 1 frames, exact arithmetic, top-2 memory read\n"))
    }
  }

  @Test func `fast arithmetic on the reference backend is refused`() async throws {
    let fast = ["--arithmetic", "fast", "--backend", "reference"]
    for command in [
      ["clip", "a", "b", "--clip", "c"], ["golden", "a", "b"], ["source", "a", "b"],
    ] {
      let run = try await Tool.verify.run(command + fast, in: folder.path)
      #expect(run.code == 64)
      #expect(
        run.errors.hasPrefix(
          "stm-verify: error: --arithmetic fast: expected --backend onednn, found reference\nhint: "
        ))
    }
    try await folder.refuse(
      .segment, "m", "--clip", "c", "-o", "o", "--arithmetic", "fast", "--backend", "reference",
      code: 64, naming: ["--arithmetic fast", "--backend onednn"])
  }

  @Test func `an arithmetic that is none, or where nothing runs with it, is refused`() async throws
  {
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", "--arithmetic", "quick", code: 64,
      naming: ["--arithmetic", "quick", "exact", "fast"])
    try await folder.refuse(
      .quantize, "a", "-o", "b", "--precision", "fp16", "--arithmetic", "fast", code: 64,
      naming: ["--arithmetic"])
  }

  @Test func `quiet prints nothing and keeps the verdict`() async throws {
    let run = try await verify(try await Sample.models.value.int8, "--min-iou", "1", "--quiet")
    #expect(run.code == 1)
    #expect(run.output == "")
    #expect(run.errors == "")
  }

  @Test func `models of different configurations are refused`() async throws {
    let model = try await Sample.models.value.fp32
    try TinyModel.write(to: folder["tiny.safetensors"])
    try await folder.refuse(
      .verify, model, "tiny.safetensors", "--clip", Sample.clip, code: 65,
      naming: [model, "tiny.safetensors", "trunk width 16", "trunk width 2"])
  }

  @Test(arguments: [
    ["--min-iou", "2"], ["--min-iou", "nan"], ["--tolerance", "Decoder"], ["--worst", "many"],
    ["--tolerance", "Decoder.**:nan"], ["--top-k", "0"],
  ])
  func `options that make no sense are refused`(option: [String]) async throws {
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", option[0], option[1], code: 64, naming: option)
  }

  @Test func `a tolerance in dB may be negative, a relative one may not`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .verify, "m.safetensors", "m.safetensors", "--clip", "clip", "--tolerance",
      "Decoder.pred2:-1.2", "--quiet")
    for command in [["golden", "m", "g"], ["source", "m", "x.onnx"]] {
      let run = try await Tool.verify.run(command + ["--tolerance", "a.*:-1"], in: folder.path)
      #expect(run.code == 64)
      #expect(
        run.errors.contains("--tolerance: expected at least 0 for 'a.*', found -1.0"),
        "\(run.errors)")
    }
  }

  @Test func `the mean IoU has one limit`() async throws {
    let mean = "iou(mean) >= 0.5"
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", "--min-iou", "0.9", "--gate", mean, code: 64,
      naming: ["--min-iou: expected no other gate of iou(mean), found '\(mean)'"])
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", "--min-iou", "0.9", "--gate", "free.iou(mean) >= 0.5",
      code: 66, naming: ["c"])
  }

  @Test func `a missing clip option is refused`() async throws {
    try await folder.refuse(
      .verify, "a", "b", code: 64,
      naming: ["expected one of --clip and --clips, found neither", "hint: --clip names a folder"])
  }

  @Test func `missing models are refused`() async throws {
    let model = try await Sample.models.value.fp32
    try await folder.refuse(
      .verify, model, "no.safetensors", "--clip", Sample.clip, code: 66, naming: ["no.safetensors"])
    try await folder.refuse(
      .verify, "no.safetensors", model, "--clip", Sample.clip, code: 66, naming: ["no.safetensors"])
  }

  @Test func `a report that cannot be written is refused before anything is read`() async throws {
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", "--report", "no/r.json", code: 73, naming: ["no/r.json"])
    try await folder.refuse(
      .verify, "golden", "a", "b", "--report", "no/r.json", code: 73, naming: ["no/r.json"])
    try await folder.refuse(
      .verify, "a", "b", "--clip", "c", "--report", "/dev/null", code: 73,
      naming: ["/dev/null", "expected a regular file"])
  }
}
