import Foundation
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct SchemaTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// Checks that `report` has the keys of the schema called `name`: at the top all of them, below
  /// all that are required and none beside.
  private func check(_ report: [String: Any], against name: String) throws {
    let schema = try ReportSchema.named(name)
    #expect(Set(report.keys) == Set((schema["properties"] as? [String: Any] ?? [:]).keys))
    #expect(ReportSchema.problems(report, schema, at: name) == [])
  }

  @Test func `the import report has the keys of its schema`() async throws {
    let report = try await folder.succeed(.convert, Sample.hdf5, "--dry-run", "--json").json
    try check(report, against: "import-report")
  }

  @Test func `the report of a mapping that does not fit has the keys of its schema`() async throws {
    try TinyModel.write(
      TinyModel.entries().filter { $0.name != "Decoder.pred2.bias" }
        + [.init("Decoder.pred3.bias", [2]), .init("optimizer.step", [1])],
      to: folder["odd.safetensors"])
    let run = try await folder.run(.convert, "map", "odd.safetensors", "--json")
    #expect(run.code == 65)
    let report = try run.json
    try check(report, against: "import-report")
    #expect(report["verdict"] as? String == "fail")
    #expect((report["missing"] as? [Any])?.count == 1)
    #expect((report["unexpected"] as? [Any])?.count == 1)
    #expect((report["ignored"] as? [Any])?.count == 1)
  }

  @Test func `the report of an import with unusual numbers has the keys of its schema`()
    async throws
  {
    let entries = try TinyModel.entries(changing: [
      "Decoder.convFM.weight": { _ in 0 },
      "Decoder.pred2.bias": { $0 == 1 ? .nan : .leastNormalMagnitude / 2 },
    ])
    try TinyModel.write(entries, to: folder["m.safetensors"])
    let run = try await folder.run(
      .convert, "m.safetensors", "--dry-run", "--report", "r.json", "--allow-zero-channels", "**")
    #expect(run.code == 65)
    let json = try JSONSerialization.jsonObject(with: try folder.bytes("r.json"))
    let report = try #require(json as? [String: Any])
    try check(report, against: "import-report")
    let values = try #require(report["values"] as? [[String: Any]])
    #expect(values.map { $0["kind"] as? String } == ["zero-channel", "non-finite", "denormal"])
    #expect(values.map { $0["accepted"] as? Bool } == [true, false, true])
    #expect(values.map { $0["first"] as? String } == [nil, "nan", "5.877472e-39"])
    #expect(values.map { $0["firstIndex"] as? Int } == [0, 1, 0])
  }

  @Test func `the inspection report has the keys of its schema`() async throws {
    let report = try await folder.succeed(.convert, "inspect", Sample.query, "--json").json
    try check(report, against: "inspection-report")
  }

  @Test func `the difference report has the keys of its schema`() async throws {
    try TinyModel.write([.init("a", [2]), .init("b", [2])], to: folder["a.safetensors"])
    try TinyModel.write(
      [.init("a", [2], filledWith: 1), .init("c", [2])], to: folder["b.safetensors"])
    let run = try await folder.run(.convert, "diff", "a.safetensors", "b.safetensors", "--json")
    try check(try run.json, against: "difference-report")
  }

  @Test func `the quantization report has the keys of its schema`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    let report = try await folder.succeed(
      .quantize, "m.safetensors", "-o", "q.safetensors", "--precision", "fp16", "--json"
    ).json
    try check(report, against: "quantization-report")
  }

  @Test func `the report of a quantization with notes has the keys of its schema`() async throws {
    let entries = TinyModel.entries().map { entry -> TensorArchive.Entry in
      switch entry.name {
      case "Decoder.convFM.weight": .init(entry.name, entry.shape)
      case "Decoder.pred2.bias": .init(entry.name, entry.shape, filledWith: 1e25)
      case "Encoder_Q.bn1.bias": .init(entry.name, entry.shape, filledWith: -1e6)
      default: entry
      }
    }
    try TinyModel.write(entries, to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let report = try await folder.succeed(
      .quantize, "m.safetensors", "-o", "q.safetensors", "--precision", "int8", "--calibrate",
      "clip", "--json"
    ).json
    try check(report, against: "quantization-report")
    for note in ["zeroKernels", "silenced", "zeroValues", "wideBiases"] {
      #expect((report[note] as? [Any])?.isEmpty == false, "\(note)")
    }
  }

  @Test func `the report of a check has the keys of its schema`() async throws {
    let entries = TinyModel.entries().map {
      $0.name == "Decoder.pred2.weight" ? .init($0.name, $0.shape, filledWith: 70000) : $0
    }
    try TinyModel.write(entries, to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let run = try await folder.run(
      .quantize, "check", "m.safetensors", "--precision", "fp16", "--clip", "clip", "--json")
    try check(try run.json, against: "half-precision-report")
  }

  @Test func `the report of a training has the keys of its schema`() async throws {
    try folder.writeMovingSquare("clips/square")
    try TinyModel.write(to: folder["m.safetensors"])
    let run = try await Tool.train.run(
      ["video", "m.safetensors", "--clips", "clips", "--steps", "1", "--validate", "clips"]
        + ["--json", "-o", "n.safetensors"] + TrainingFiles.short, in: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    try check(try run.json, against: "training-report")
  }

  @Test
  func `reports of sensitivity and of a search, and its state, have the keys of their schemas`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let sensitivity = try await folder.succeed(
      .quantize, "sensitivity", "m.safetensors", "--calibrate", "clip", "--clip", "clip",
      "--threads", "1", "--json"
    ).json
    try check(sensitivity, against: "sensitivity-report")
    let search = try await folder.succeed(
      .quantize, "m.safetensors", "-o", "q.safetensors", "--precision", "mixed", "--max-size",
      "0.6x", "--candidates", "w8,bf16", "--search-clip", "clip", "--max-evaluations", "3",
      "--keep", "Decoder.pred2=fp32", "--memory-precision", "fp16", "--state", "s.json", "--json"
    ).json
    try check(search, against: "quantization-report")
    #expect(search["search"] is [String: Any])
    let state = try ReportSchema.object(String(decoding: try folder.bytes("s.json"), as: UTF8.self))
    try check(state, against: "search-state")
    let provenance = try #require(
      try SafetensorsFile.read(folder["q.safetensors"]).metadata["stm.provenance"])
    let schema =
      try ReportSchema.named("model-metadata")["properties"] as? [String: [String: Any]]
    let content = try #require(schema?["stm.provenance"]?["contentSchema"] as? [String: Any])
    #expect(
      ReportSchema.problems(try ReportSchema.object(provenance), content, at: "provenance") == [])
  }

  @Test func `the report of a plan has the keys of its schema`() async throws {
    let report = try await folder.succeed(
      .quantize, "plan", try await Sample.models.value.int8, "--json"
    ).json
    try check(report, against: "plan-report")
  }

  @Test func `statistics and the report of a calibration have the keys of their schemas`()
    async throws
  {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let report = try await folder.succeed(
      .quantize, "calibrate", "m.safetensors", "clip", "-o", "s.json", "--json"
    ).json
    try check(report, against: "calibration-report")
    let statistics = try ReportSchema.object(
      String(decoding: try folder.bytes("s.json"), as: UTF8.self))
    try check(statistics, against: "calibration-statistics")
    let programs = try #require(statistics["programs"] as? [String: [String: Any]])
    #expect(Set(programs.keys) == ["memorize", "query", "decode"])
    let value = try #require(
      (try ReportSchema.named("calibration-statistics")["$defs"] as? [String: Any])?["value"]
        as? [String: Any])
    for (name, values) in programs {
      for (key, seen) in values {
        #expect(ReportSchema.problems(seen, value, at: "\(name).\(key)") == [])
      }
    }
  }

  @Test func `the export report has the keys of its schema`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    let report = try await folder.succeed(
      .convert, "export", "m.safetensors", "--to", "onnx", "-o", "graphs", "--json"
    ).json
    try check(report, against: "export-report")
  }

  @Test func `the golden report has the keys of its schema`() async throws {
    let report = try await folder.succeed(
      .verify, "golden", try await Sample.models.value.fp32, Sample.golden, "--json"
    ).json
    try check(report, against: "golden-report")
  }

  @Test func `the report of a golden file that is saved has the keys of its schema`() async throws {
    let report = try await folder.succeed(
      .verify, "save", try await Sample.models.value.fp32, "--clip", Sample.clip, "--frames", "2",
      "--long-edge", "48", "-o", "golden.npz", "--json"
    ).json
    try check(report, against: "golden-recording")
  }

  @Test func `the source report has the keys of its schema`() async throws {
    let report = try await folder.succeed(
      .verify, "source", try await Sample.models.value.fp32, Sample.query, "--size", "16x16",
      "--timing", "--json"
    ).json
    try check(report, against: "source-report")
  }

  @Test func `the profile has the keys of its schema`() async throws {
    let report = try await folder.succeed(
      .verify, "profile", try await Sample.models.value.int8, "--size", "16x16", "--memory", "1",
      "--rounds", "1", "--backend", "reference", "--json"
    ).json
    try check(report, against: "profile-report")
  }

  @Test func `the conformance report has the keys of its schema`() async throws {
    let tests = "\(repository)/Tests/VerificationTests/Fixtures/conformance"
    let run = try await folder.run(.verify, "conformance", tests, "--json")
    try check(try run.json, against: "conformance-report")
  }

  @Test func `the clip report has the keys of its schema`() async throws {
    let models = try await Sample.models.value
    let report = try await folder.succeed(
      .verify, models.fp32, models.fp16, "--clip", Sample.clip, "--frames", "3", "--long-edge",
      "96", "--timing", "--json"
    ).json
    try check(report, against: "clip-report")
  }

  @Test func `the evaluation report has the keys of its schema`() async throws {
    try folder.writeMasks([[1, 0], [1, 2], [1, 2]], to: "masks")
    let meta = """
      {"videos": {"masks": {"objects": {
        "1": {"category": "cat", "frames": ["00000", "00001"]},
        "2": {"category": "dog", "frames": ["00001", "00002"]}}}}}
      """
    try folder.write(Data(meta.utf8), as: "meta.json")
    try folder.write(Data("cat".utf8), as: "seen.txt")
    let report = try await folder.succeed(
      .evaluate, "masks", "masks", "--protocol", "youtube-vos", "--meta", "meta.json", "--seen",
      "seen.txt", "--json"
    ).json
    try check(report, against: "evaluation-report")
    #expect((report["categories"] as? [String: Any])?["overall"] as? Double == 1)
    let plain = try await folder.succeed(
      .evaluate, "masks", "masks", "--protocol", "davis-2016", "--json"
    ).json
    try check(plain, against: "evaluation-report")
    #expect(plain["categories"] is NSNull)
    try folder.writeMasks([[1, 0], [1, 0], [1, 0]], to: "one")
    for (flag, key) in [
      ("--first", "countsFirst"), ("--last", "countsLast"), ("--ignore-void", "ignoresVoid"),
    ] {
      let told = try await folder.succeed(.evaluate, "one", "one", flag, "--json").json
      try check(told, against: "evaluation-report")
      #expect(told[key] as? Bool == true && plain[key] as? Bool == false)
    }
  }

  @Test func `the report of a location has the keys of its schema`() async throws {
    let entries = TinyModel.entries().map {
      $0.name == "Decoder.convFM.bias" ? .init($0.name, $0.shape, filledWith: 3.4e38) : $0
    }
    try TinyModel.write(entries, to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let run = try await folder.run(
      .verify, "locate", "m.safetensors", "--clip", "clip", "--overflow", "--precision", "bf16",
      "--json")
    try check(try run.json, against: "location-report")
    let models = try #require(try run.json["models"] as? [[String: Any]])
    #expect((models[0]["findings"] as? [Any])?.isEmpty == false)
  }

  @Test func `the report of a repetition has the keys of its schema`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let report = try await folder.succeed(
      .verify, "repeat", "m.safetensors", "--clip", "clip", "--threads", "1,2", "--times", "1",
      "--json"
    ).json
    try check(report, against: "repetition-report")
  }

  @Test func `the report of a bisection has the keys of its schema`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "h.safetensors", "--precision", "fp16")
    let report = try await folder.succeed(
      .verify, "bisect", "m.safetensors", "h.safetensors", "--clip", "clip", "--gate",
      "sqnr(**) >= 300", "--max-runs", "3", "--json"
    ).json
    try check(report, against: "bisection-report")
    #expect((report["kept"] as? [Any])?.isEmpty == false)
  }

  @Test func `a case, and the reports of it, have the keys of their schemas`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "h.safetensors", "--precision", "fp16")
    let written = try await folder.succeed(
      .verify, "repro", "m.safetensors", "h.safetensors", "--clip", "clip", "--layer",
      "Decoder.RF2.ResMM.conv2", "--top-k", "3", "-o", "case", "--json"
    ).json
    try check(written, against: "repro-report")
    // In binary16 the invented weights overflow.
    let run = try await folder.run(.verify, "run-repro", "case", "--json").json
    try check(run, against: "repro-report")
    let text = String(decoding: try folder.bytes("case/case.json"), as: UTF8.self)
    try check(try ReportSchema.object(text), against: "repro-case")
  }

  @Test func `the roll-up of a set and a comparison of reports have the keys of their schemas`()
    async throws
  {
    let models = try await Sample.models.value
    try folder.writeClip("set/bad", frames: [(32, 32)], mask: (32, 32))
    try FileManager.default.createSymbolicLink(
      atPath: folder["set/sample"], withDestinationPath: Sample.clip)
    for (candidate, reports) in [(models.fp16, "fp16"), (models.bf16, "bf16")] {
      let run = try await folder.run(
        .verify, models.fp32, candidate, "--clips", "set", "--frames", "3", "--long-edge", "48",
        "--report", reports, "--json")
      #expect(run.code == 1 && run.errors == "")
      try check(try run.json, against: "clip-set-report")
    }
    let run = try await folder.run(
      .verify, "compare-reports", "fp16/roll-up.json", "bf16/roll-up.json", "--force", "--json")
    #expect(run.code == 1)
    try check(try run.json, against: "report-comparison")
  }

  @Test func `the metadata of every model has the keys of its schema`() async throws {
    let models = try await Sample.models.value
    try TinyModel.write(to: folder["m.safetensors"])
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "mixed.safetensors", "--precision", "w8", "--keep",
      "Decoder.pred2=fp16", "--memory-precision", "fp16", "--reduce-range")
    let schema = try ReportSchema.named("model-metadata")
    let properties = schema["properties"] as? [String: [String: Any]]
    let mixed = folder["mixed.safetensors"]
    for path in [models.fp32, models.fp16, models.bf16, models.int8, mixed] {
      let metadata = try SafetensorsFile.read(path).metadata
      #expect(ReportSchema.problems(metadata, schema, at: "metadata") == [])
      #expect((metadata["stm.plan"] != nil) == (path == mixed))
      for key in ["stm.configuration", "stm.provenance"] {
        let content = try #require(properties?[key]?["contentSchema"] as? [String: Any])
        let value = try ReportSchema.object(try #require(metadata[key]))
        #expect(ReportSchema.problems(value, content, at: key) == [])
      }
      guard let plan = metadata["stm.plan"] else { continue }
      try check(try ReportSchema.object(plan), against: "precision-plan")
    }
  }
}
