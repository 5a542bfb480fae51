import Foundation
import Safetensors
import Tensors
import Testing

/// What int8 costs layer by layer, and plans that are searched for.
@Suite struct SearchTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  private static let mixed = [
    "tiny.safetensors", "-o", "mixed.safetensors", "--precision", "mixed", "--candidates",
    "int8,fp16", "--threads", "1",
  ]

  private func run(_ arguments: [String]) async throws -> Run {
    try await Tool.quantize.run(Self.mixed + arguments, in: folder.path)
  }

  @Test func `the sensitivity of layers is a table, CSV and JSON that agree`() async throws {
    try await folder.succeed(
      .quantize, "calibrate", "tiny.safetensors", "clip", "-o", "s.json", "--quiet")
    let text = try await folder.succeed(
      .quantize, "sensitivity", "tiny.safetensors", "--statistics", "s.json", "--clip", "clip",
      "--worst", "3", "--csv", "layers.csv", "--report", "report.json", "--threads", "1"
    ).output
    let report = try #require(
      JSONSerialization.jsonObject(with: folder.bytes("report.json")) as? [String: Any])
    let layers = try #require(report["layers"] as? [[String: Any]])
    let csv = String(decoding: try folder.bytes("layers.csv"), as: UTF8.self)
      .split(separator: "\r\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(csv.count == layers.count + 1)
    #expect(Set(csv.map(\.count)).count == 1)
    for (row, layer) in zip(csv.dropFirst(), layers) {
      #expect(row[1] == (layer["name"] as? String ?? ""))
      let alone = try #require(layer["alone"] as? [String: Any])
      let (written, noise) = (Double(row[3]), alone["noise"] as? Double)
      #expect(abs(try #require(written) - (try #require(noise))) <= 1e-12 * (noise ?? 0))
    }
    let noises = layers.compactMap { ($0["alone"] as? [String: Any])?["noise"] as? Double }
    #expect(noises == noises.sorted(by: >) && noises.count == layers.count)
    let worst = try #require(layers[0]["name"] as? String)
    #expect(text.contains(worst) && text.contains("3 most harmful first"))
  }

  @Test func `a mixed model is as small as asked for, says so, and needs nothing of the search`()
    async throws
  {
    let arguments = ["--max-size", "0.6x", "--calibrate", "clip", "--max-evaluations", "6"]
    let report = try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "mixed.safetensors", "--precision", "mixed",
      "--candidates", "int8,fp16", "--threads", "1", "--max-size", "0.6x", "--calibrate", "clip",
      "--max-evaluations", "6", "--json"
    ).json
    #expect(report["sizeRatio"] as? Double ?? 1 <= 0.6)
    let search = try #require(report["search"] as? [String: Any])
    let trials = try #require(search["trials"] as? [[String: Any]])
    let chosen = try #require(trials.first { $0["chosen"] as? Bool == true })
    #expect(chosen["bytes"] as? Int == report["outputBytes"] as? Int)
    let file = try SafetensorsFile.read(folder["mixed.safetensors"])
    let plan = try #require(file.metadata["stm.plan"])
    let written = try #require(
      JSONSerialization.jsonObject(with: Data(plan.utf8)) as? [String: Any])
    #expect(
      written["exceptions"] as? [String: String]
        == (chosen["plan"] as? [String: Any])?["exceptions"] as? [String: String])
    let first = try folder.bytes("mixed.safetensors")
    let text = try await run(arguments)
    #expect(text.code == 0 && text.output.contains("chosen"))
    #expect(try folder.bytes("mixed.safetensors") == first)
    let verified = try await folder.succeed(
      .verify, "tiny.safetensors", "mixed.safetensors", "--clip", "clip", "--json", "--min-iou",
      "0.1", "--tolerance", "**:0"
    ).json
    let iou = try #require((verified["iou"] as? [String: Any])?["teacherForced"] as? Double)
    #expect(abs(iou - (chosen["iou"] as? Double ?? 0)) < 1e-9)
  }

  @Test func `an interrupted search goes on from its state to the same bytes`() async throws {
    let arguments = ["--max-size", "0.6x", "--calibrate", "clip", "--max-evaluations", "6"]
    #expect(try await run(arguments).code == 0)
    let whole = try folder.bytes("mixed.safetensors")
    #expect(try await run(arguments + ["--state", "state.json"]).code == 0)
    var state = try #require(
      JSONSerialization.jsonObject(with: folder.bytes("state.json")) as? [String: Any])
    let measured = try #require(state["measured"] as? [String: Any])
    state["measured"] = measured.filter { $0.key.utf8.count % 2 == 0 }
    try folder.write(try JSONSerialization.data(withJSONObject: state), as: "state.json")
    #expect(try await run(arguments + ["--state", "state.json"]).code == 0)
    #expect(try folder.bytes("mixed.safetensors") == whole)
    try folder.writeClip("other", frames: [(48, 32), (48, 32)], mask: (48, 32))
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "o.safetensors", "--precision", "mixed",
      "--candidates", "int8,fp16", "--threads", "1", "--max-size", "0.6x", "--calibrate", "clip",
      "--search-clip", "other", "--state", "state.json", code: 65,
      naming: ["state.json: search state: clip 1", "other, 2 frames", "clip, 2 frames"])
  }

  @Test func `what no plan can have fails as a gate does, with the nearest, and writes nothing`()
    async throws
  {
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "o.safetensors", "--precision", "mixed",
      "--candidates", "fp16,bf16", "--threads", "1", "--max-size", "1000", "--search-clip",
      "clip", "--max-evaluations", "4", code: 1,
      naming: ["at most 1000 bytes", "nearest: ", " bytes, IoU "])
  }

  @Test func `a search without an aim, clip or fitting profile is refused, and its options alone`()
    async throws
  {
    func refuse(_ arguments: [String], code: Int32, naming noun: String) async throws {
      let before = try folder.files
      let run = try await run(arguments)
      #expect(run.code == code && run.output == "", "\(run.errors)")
      #expect(run.errors.contains(noun), "\(run.errors)")
      #expect(try folder.files == before)
    }
    try await refuse(
      ["--calibrate", "clip"], code: 64,
      naming: "expected --max-size, --min-iou or --max-latency, found none")
    try await refuse(
      ["--max-size", "1x"], code: 64, naming: "expected at least one --search-clip")
    try await refuse(
      ["--max-latency", "3ms", "--calibrate", "clip"], code: 64,
      naming: "--max-latency: expected at least one --profile")
    for (option, value) in [
      ("--max-size", "0x"), ("--max-size", "12Mib"), ("--max-latency", "-1ms"),
      ("--min-iou", "1.5"), ("--max-evaluations", "0"), ("--candidates", "int8,int8"),
      ("--candidates", "int4"),
    ] {
      try await refuse(
        ["--calibrate", "clip", option, value, "--profile", "p"], code: 64, naming: option)
    }
    try folder.write(Data("{}".utf8), as: "p.json")
    try await refuse(
      ["--calibrate", "clip", "--max-latency", "3ms", "--profile", "p.json"], code: 65,
      naming: "p.json: profile: expected JSON")
    try folder.writeClip("short", frames: [(32, 32)], mask: (32, 32))
    try await refuse(
      ["--calibrate", "clip", "--max-size", "1x", "--search-clip", "short"], code: 65,
      naming: "short/frames: expected at least 2 frames, found 1")
    try folder.writeClip("empty", frames: [(32, 32), (32, 32)], mask: (32, 32), id: 0)
    try await refuse(
      ["--calibrate", "clip", "--max-size", "1x", "--search-clip", "empty"], code: 65,
      naming: "mask without an object")
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "o.safetensors", "--precision", "fp16",
      "--max-size", "1x", code: 64, naming: ["go with --precision mixed only"])
    try await folder.refuse(
      .quantize, "plan", "tiny.safetensors", "--precision", "mixed", code: 64,
      naming: ["--precision mixed"])
    try await folder.refuse(
      .quantize, "sensitivity", "tiny.safetensors", "--calibrate", "clip", code: 64,
      naming: ["--clip: expected at least one"])
    try await folder.refuse(
      .quantize, "sensitivity", "tiny.safetensors", "--clip", "clip", code: 64,
      naming: ["expected --statistics or --calibrate, found neither"])
  }

  @Test func `within a time, the times of profiles decide`() async throws {
    for precision in ["fp32", "w8"] {
      try await folder.succeed(
        .quantize, "tiny.safetensors", "-o", "\(precision).safetensors", "--precision", precision,
        "--quiet")
    }
    var count = 0
    for (precision, milliseconds) in [("fp32", 2.0), ("w8", 1.0)] {
      var profile = try await folder.succeed(
        .verify, "profile", "\(precision).safetensors", "--size", "32x32", "--memory", "1",
        "--rounds", "1", "--json"
      ).json
      let steps = try #require(profile["steps"] as? [[String: Any]])
      count = steps.count
      profile["steps"] = steps.map { step in
        step.merging(["milliseconds": milliseconds]) { $1 }
      }
      try folder.write(
        try JSONSerialization.data(withJSONObject: profile), as: "\(precision).json")
    }
    func search(_ extra: String...) async throws -> Run {
      try await Tool.quantize.run(
        [
          "tiny.safetensors", "-o", "mixed.safetensors", "--precision", "mixed", "--candidates",
          "fp32,w8", "--search-clip", "clip", "--max-evaluations", "6", "--threads", "1",
          "--json", "--profile", "fp32.json",
        ] + extra, in: folder.path)
    }
    let report = try await search("--profile", "w8.json", "--max-latency", "1s").json
    let trials = try #require(
      (report["search"] as? [String: Any])?["trials"] as? [[String: Any]])
    let times = trials.compactMap { $0["milliseconds"] as? Double }
    let most = try #require(times.max())
    // Images are laid behind one another in binary32 in either: the time of the standard.
    #expect(times.count == trials.count && most == 2 * Double(count) - 1)
    let limited = try await search(
      "--profile", "w8.json", "--max-latency", "\(0.75 * most)ms"
    ).json
    let chosen = try #require(
      ((limited["search"] as? [String: Any])?["trials"] as? [[String: Any]])?
        .first { $0["chosen"] as? Bool == true })
    let time = try #require(chosen["milliseconds"] as? Double)
    #expect(time <= 0.75 * most && time >= 0.5 * most)
    let missing = try await search("--max-latency", "1s")
    #expect(missing.code == 65)
    #expect(
      missing.errors.contains("in w8: expected its time in a profile, found profiles of fp32"))
  }
}
