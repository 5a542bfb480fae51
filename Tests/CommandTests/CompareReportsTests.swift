import Foundation
import Testing

/// Reports that are written once and changed by hand.
@Suite struct CompareReportsTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
    for name in ["one", "two"] {
      try folder.writeClip("set/\(name)", frames: [(32, 32), (32, 32)], mask: (32, 32))
    }
  }

  /// Writes `old.json`, a report of fp16, and `new.json`, the same changed.
  private func write(_ change: (inout [String: Any]) throws -> Void) async throws {
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "half.safetensors", "--precision", "fp16", "--quiet")
    _ = try await folder.run(
      .verify, "m.safetensors", "half.safetensors", "--clip", "set/one", "--report", "old.json",
      "--quiet")
    var report = try #require(
      try JSONSerialization.jsonObject(with: try folder.bytes("old.json")) as? [String: Any])
    try change(&report)
    try folder.write(try JSONSerialization.data(withJSONObject: report), as: "new.json")
  }

  private func compare(_ options: String...) async throws -> Run {
    try await Tool.verify.run(
      ["compare-reports", "old.json", "new.json", "--json"] + options, in: folder.path)
  }

  /// Changes a layer of a report.
  private func changeLayer(
    _ report: inout [String: Any], _ name: String, _ change: (inout [String: Any]) -> Void
  ) throws {
    var layers = try #require(report["layers"] as? [[String: Any]])
    let index = try #require(layers.firstIndex { $0["name"] as? String == name })
    change(&layers[index])
    report["layers"] = layers
  }

  @Test func `a report is no worse than itself`() async throws {
    try await write { _ in }
    let run = try await compare("--report", "changes.json")
    #expect(run.code == 0 && run.errors == "")
    let json = try run.json
    #expect(json["verdict"] as? String == "pass" && json["sameCandidate"] as? Bool == true)
    #expect((json["compared"] as? Int ?? 0) > 150)
    #expect((json["metrics"] as? [Any])?.isEmpty == true)
    #expect(try folder.bytes("changes.json") == Data(run.output.utf8))
  }

  @Test func `a number that is less by more than its tolerance is worse`() async throws {
    try await write { report in
      try changeLayer(&report, "Decoder.pred2") { layer in
        layer["sqnr"] = (layer["sqnr"] as? Double ?? 0) - 0.75
        layer["isolatedSqnr"] = (layer["isolatedSqnr"] as? Double ?? 0) + 7
      }
    }
    let run = try await compare()
    #expect(run.code == 1)
    let metrics = try #require(try run.json["metrics"] as? [[String: Any]])
    #expect(
      metrics.map { $0["place"] as? String } == [
        "decode Decoder.pred2, isolated", "decode Decoder.pred2, accumulated",
      ])
    #expect(metrics.map { $0["change"] as? String } == ["better", "worse"])
    let lenient = try await compare("--tolerance", "sqnr:1")
    #expect(lenient.code == 0)
    #expect((try lenient.json["metrics"] as? [Any])?.count == 1)
  }

  @Test(arguments: ["-Infinity", "NaN"])
  func `what is left of no number is worse than any`(value: String) async throws {
    try await write { report in
      report["logits"] = ["sqnr": value, "maximumError": "Infinity"]
    }
    let run = try await compare("--tolerance", "sqnr:1000")
    #expect(run.code == 1)
    let metrics = try #require(try run.json["metrics"] as? [[String: Any]])
    #expect(metrics.map { $0["place"] as? String } == ["logits, teacher-forced"])
  }

  @Test(arguments: [
    ("iou", "minimum", "iou"), ("iou", "teacherForced", "iou"),
    ("boundary", "freeRunning", "boundary"),
  ])
  func `masks that agree less are worse`(key: String, part: String, metric: String) async throws {
    try await write { report in
      var masks = try #require(report[key] as? [String: Double])
      masks[part] = (masks[part] ?? 0) - 0.01
      report[key] = masks
    }
    let run = try await compare()
    #expect(run.code == 1)
    let metrics = try #require(try run.json["metrics"] as? [[String: Any]])
    #expect(metrics.map { $0["metric"] as? String } == [metric])
    #expect(try await compare("--tolerance", "\(metric):0.02").code == 0)
  }

  /// Compares reports in which these gates took the place of those.
  private func compareGates(
    _ old: [(String, String)], _ new: [(String, String)]
  ) async throws -> (code: Int32, gates: [[String: Any]]) {
    func put(_ gates: [(String, String)], in report: inout [String: Any]) {
      report["gates"] = gates.map { ["gate": $0.0, "verdict": $0.1] }
      report["verdict"] = "fail"
    }
    try await write { report in
      var before = report
      put(old, in: &before)
      try folder.write(try JSONSerialization.data(withJSONObject: before), as: "old.json")
      put(new, in: &report)
    }
    let run = try await compare()
    return (run.code, try #require(try run.json["gates"] as? [[String: Any]]))
  }

  @Test(arguments: [
    ("iou(mean) >= 0.98", "pass", "iou(mean) >= 0.98", "fail", "worse"),
    ("iou(mean) >= 0.98", "pass", "iou(mean) >= 0.97", "pass", "worse"),
    ("iou(mean) >= 0.98", "fail", "iou(mean) >= 0.9", "pass", "worse"),
    ("changed(max) <= 0.1", "pass", "changed(max) <= 0.2", "pass", "worse"),
    ("iou(mean) >= 0.98", "pass", "iou(min) >= 0.98", "pass", "worse"),
    ("iou(mean) >= 0.98", "pass", "iou(mean) >= 0.99", "fail", "worse"),
    ("iou(mean) >= 0.98", "pass", "iou(mean) >= 0.99", "pass", "better"),
    ("changed(max) <= 0.2", "fail", "changed(max) <= 0.1", "fail", "better"),
    ("iou(mean) >= 0.98", "fail", "iou(mean) >= 0.98", "pass", "better"),
    ("iou(mean) >= 0.98", "fail", "sqnr(**) >= 9 dB", "fail", "neither"),
  ])
  func `gates are told by what they ask, and must ask for no less`(
    old: String, was: String, new: String, now: String, change: String
  ) async throws {
    let (code, gates) = try await compareGates([(old, was)], [(new, now)])
    #expect(code == (change == "worse" ? 1 : 0))
    let changes = gates.map { $0["change"] as? String ?? "neither" }
    #expect(changes.contains(change) && (change == "worse" || !changes.contains("worse")))
    if gates.count == 1 {
      #expect(gates[0]["gate"] as? String == new)
      #expect(gates[0]["before"] as? String == (old == new ? nil : old))
    }
  }

  @Test func `of gates that differ in their numbers alone the strictest counts`() async throws {
    let (looser, tighter) = (("iou(mean) >= 0.9", "pass"), ("iou(mean) >= 0.98", "pass"))
    let same = try await compareGates([looser, tighter], [tighter])
    #expect(same.code == 0 && same.gates.isEmpty)
    #expect(try await compareGates([looser, tighter], [looser]).code == 1)
  }

  @Test func `a report with a gate that is none is refused`() async throws {
    try await write { $0["gates"] = [["gate": "iou(mean) >= 99", "verdict": "fail"]] }
    try await folder.refuse(
      .verify, "compare-reports", "old.json", "new.json", code: 65,
      naming: ["new.json: ", "found no gate in 'iou(mean) >= 99'"])
  }

  @Test func `a number that is not there any more is worse`() async throws {
    let truth = ["region": 0.9, "boundary": 0.8]
    try await write { report in
      var before = report
      before["truth"] = ["reference": truth, "teacherForced": truth, "freeRunning": truth]
      try folder.write(try JSONSerialization.data(withJSONObject: before), as: "old.json")
    }
    let run = try await compare()
    #expect(run.code == 1)
    let missing = try #require(try run.json["missing"] as? [[String: Any]])
    #expect(missing.map { $0["metric"] as? String } == ["j", "f", "j", "f"])
    #expect(missing.first?["place"] as? String == "mean, teacher-forced")
    #expect(missing.first?["old"] as? Double == 0.9)
    let text = try await folder.run(.verify, "compare-reports", "old.json", "new.json")
    #expect(text.output.contains("any more: 4\n  j of mean, teacher-forced\n"))
  }

  @Test func `exact arithmetic is no worse than fast, as the help says`() async throws {
    for arithmetic in ["fast", "exact"] {
      try await folder.succeed(
        .verify, "m.safetensors", "m.safetensors", "--clip", "set/one", "--arithmetic", arithmetic,
        "--report", "\(arithmetic).json", "--quiet")
    }
    let compare = ["compare-reports", "fast.json", "exact.json"]
    let run = try await Tool.verify.run(compare + ["--force", "--json"], in: folder.path)
    #expect(run.code == 0, "\(run.output)")
    #expect(try await Tool.verify.run(compare, in: folder.path).code == 65)
  }

  @Test func `gates that fail or are gone, and layers that are gone, are worse`() async throws {
    try await write { report in
      var gates = try #require(report["gates"] as? [[String: Any]])
      gates[0]["verdict"] = gates[0]["verdict"] as? String == "pass" ? "fail" : "pass"
      gates[1]["gate"] = "psnr(**) >= 1 dB"
      report["gates"] = gates
      try changeLayer(&report, "Decoder.pred2") { layer in
        layer["name"] = "Decoder.pred3"
        layer["verdict"] = "pass"
      }
      try changeLayer(&report, "Encoder_Q.relu") { $0["verdict"] = "fail" }
    }
    let run = try await compare()
    #expect(run.code == 1)
    let json = try run.json
    #expect((json["gates"] as? [Any])?.count == 3)
    let layers = try #require(json["layers"] as? [String: [String]])
    #expect(layers["disappeared"] == ["decode Decoder.pred2"])
    #expect(layers["appeared"] == ["decode Decoder.pred3"])
    #expect(layers["newlyFailing"] == ["query Encoder_Q.relu"])
    let text = try await folder.run(.verify, "compare-reports", "old.json", "new.json")
    #expect(text.output.contains("layers that disappeared: 1\n  decode Decoder.pred2"))
    #expect(text.output.hasSuffix("verdict: fail\n"))
  }

  @Test func `a layer that appears alone is no worse`() async throws {
    try await write { report in
      var layers = try #require(report["layers"] as? [[String: Any]])
      var added = layers[0]
      added["name"] = "Encoder_M.new"
      layers.append(added)
      report["layers"] = layers
    }
    #expect(try await compare().code == 0)
  }

  @Test(arguments: ["reference", "precision", "arithmetic", "topK", "clip"])
  func `reports of something else are refused by what differs, unless forced`(
    part: String
  ) async throws {
    try await write { report in
      switch part {
      case "reference":
        report[part] = ["fingerprint": String(repeating: "0", count: 64), "precision": "fp32"]
      case "precision":
        report["candidate"] = ["fingerprint": "a", "precision": "bf16"]
      case "clip":
        var clip = try #require(report[part] as? [String: Any])
        clip["frames"] = 3
        report[part] = clip
      default: report[part] = part == "topK" ? 5 : "fast"
      }
    }
    let nouns = ["topK": "top-k: old all, new 5", "precision": "old fp16, new bf16"]
    try await folder.refuse(
      .verify, "compare-reports", "old.json", "new.json", code: 65,
      naming: [nouns[part] ?? "\(part): old", "--force"])
    let forced = try await compare("--force")
    #expect(forced.code == 0)
    #expect((try forced.json["differences"] as? [Any])?.count == 1)
  }

  @Test func `another candidate of the same precision is compared`() async throws {
    try await write { $0["candidate"] = ["fingerprint": "b", "precision": "fp16"] }
    let run = try await compare()
    #expect(run.code == 0)
    #expect(try run.json["sameCandidate"] as? Bool == false)
  }

  @Test(arguments: [
    ("text", "something that is not JSON"), ("[1]", "JSON that is no object"),
    ("{}", "no key 'format'"), ("{\"format\": 1}", "no key 'reference'"),
    ("{\"format\": 2}", "format 1 or older, found format 2"), ("{\"format\": 0}", "found format 0"),
    ("{\"format\": 1, \"reference\": {\"fingerprint\": 5}}", "reference.fingerprint"),
  ])
  func `what is no report, or a later one, is refused by name`(
    text: String, found: String
  ) async throws {
    try folder.write(Data(text.utf8), as: "x.json")
    try await folder.refuse(
      .verify, "compare-reports", "x.json", "x.json", code: 65, naming: ["x.json: ", found])
  }

  @Test func `roll-ups are compared clip by clip`() async throws {
    func roll(_ report: String) async throws {
      try await folder.succeed(
        .verify, "m.safetensors", "m.safetensors", "--clips", "set", "--report", report, "--quiet")
    }
    try await roll("old")
    let same = try await folder.run(
      .verify, "compare-reports", "old/roll-up.json", "old/roll-up.json", "--json")
    #expect(same.code == 0)
    #expect(try same.json["compared"] as? Int ?? 0 > 150)
    try FileManager.default.removeItem(atPath: folder["set/two"])
    try await roll("new")
    let less = try await folder.run(
      .verify, "compare-reports", "old/roll-up.json", "new/roll-up.json", "--json")
    #expect(less.code == 1)
    let clips = try #require(try less.json["clips"] as? [String: [String]])
    #expect(clips["disappeared"] == ["two, 2 frames of 32x32, 1 object"])
    try await folder.refuse(
      .verify, "compare-reports", "old/roll-up.json", "old/clips/one.json", code: 65,
      naming: ["report: old of a set of clips, new of a clip"])
  }

  @Test(arguments: ["sqnr", "psnr:1", "iou:-1", "iou:x"])
  func `a tolerance that is none is refused`(tolerance: String) async throws {
    try await folder.refuse(
      .verify, "compare-reports", "a", "b", "--tolerance", tolerance, code: 64,
      naming: ["tolerance"])
  }
}
