import Foundation
import Testing

@Suite struct VerifyClipSetTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
    for name in ["one", "two"] {
      try folder.writeClip("set/\(name)", frames: [(32, 32), (32, 32)], mask: (32, 32))
    }
  }

  private func verify(_ options: String...) async throws -> Run {
    try await Tool.verify.run(
      ["m.safetensors", "m.safetensors", "--clips", "set", "--threads", "1"] + options,
      in: folder.path)
  }

  @Test func `a set gives a roll-up, and a report that each clip gives by itself`() async throws {
    let run = try await verify("--json", "--report", "reports")
    #expect(run.code == 0 && run.errors == "")
    #expect(try folder.bytes("reports/roll-up.json") == Data(run.output.utf8))
    let json = try run.json
    #expect(json["verdict"] as? String == "pass")
    #expect((json["clips"] as? [[String: Any]])?.count == 2)
    for name in ["one", "two"] {
      let alone = try await folder.succeed(
        .verify, "m.safetensors", "m.safetensors", "--clip", "set/\(name)", "--json")
      #expect(try folder.bytes("reports/clips/\(name).json") == Data(alone.output.utf8))
    }
  }

  @Test func `the roll-up has the same bytes whatever the number of threads`() async throws {
    let one = try await verify("--json")
    let three = try await verify("--json", "--threads", "3")
    #expect(one.code == 0 && one.output == three.output)
  }

  @Test func `a clip that cannot be read is named and fails, and the others go on`() async throws {
    try folder.writeClip("set/bad", frames: [(32, 32), (16, 32)], mask: (32, 32))
    try folder.writeClip("set/torn", frames: [(32, 32), (32, 32)], mask: (32, 32))
    let torn = try folder.bytes("set/torn/frames/00001.png")
    try folder.write(torn.prefix(torn.count - 40), as: "set/torn/frames/00001.png")
    let run = try await verify("--json", "--report", "reports")
    #expect(run.code == 1 && run.errors == "")
    let json = try run.json
    #expect(json["verdict"] as? String == "fail")
    #expect((json["clips"] as? [[String: Any]])?.count == 2)
    let unreadable = try #require(json["unreadable"] as? [[String: String]])
    #expect(unreadable.map { $0["name"] } == ["bad", "torn"])
    #expect(unreadable[0]["problem"]?.hasPrefix("bad/frames/00001.png: expected a frame") == true)
    #expect(unreadable[1]["problem"]?.hasPrefix("torn/frames/00001.png: ") == true)
    #expect(
      try folder.files.filter { $0.hasPrefix("reports/clips/") }
        == ["reports/clips/one.json", "reports/clips/two.json"])
    let text = try await verify()
    #expect(text.output.hasSuffix("verdict: fail; bad, torn could not be compared\n"))
    #expect(text.output.contains("not compared: 2\n  bad: bad/frames/00001.png"))
  }

  @Test func `a gate over the set names the clip`() async throws {
    let run = try await verify("--gate", "isolated.max_error(Decoder.pred2) < 0", "--json")
    #expect(run.code == 1)
    let gates = try #require(try run.json["gates"] as? [[String: Any]])
    #expect(gates.last?["verdict"] as? String == "fail")
    #expect(gates.last?["place"] as? String == "one: Decoder.pred2")
  }

  @Test func `one of a clip and a set is needed, and a set has no tables`() async throws {
    for options in [[], ["--clip", "set/one", "--clips", "set"]] {
      let run = try await Tool.verify.run(["m", "m"] + options, in: folder.path)
      #expect(run.code == 64 && run.errors.contains("expected one of --clip and --clips"))
    }
    try await folder.refuse(
      .verify, "m", "m", "--clips", "set", "--junit", "j.xml", code: 64, naming: ["--junit"])
  }

  @Test func `the verdict names layers and gates that fail`() async throws {
    let run = try await verify(
      "--tolerance", "Decoder.pred2:-1.5", "--gate", "isolated.max_error(Decoder.pred2) < 0")
    #expect(
      run.output.hasSuffix(
        "verdict: fail; gates that do not hold: isolated.max_error(Decoder.pred2) < 0\n"))
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "h.safetensors", "--precision", "fp16", "--quiet")
    let half = try await folder.run(
      .verify, "m.safetensors", "h.safetensors", "--clips", "set", "--tolerance",
      "Decoder.pred2:300")
    // In binary16 the invented weights overflow.
    #expect(
      half.output.contains(
        "verdict: fail; first cause Encoder_M.res3.0.relu3 in one; layers beyond their tolerance: "
          + "Encoder_M.res3.0.relu3, "))
    #expect(
      half.output.hasSuffix("; gates that do not hold: iou(mean) >= 0.995, sqnr(**) >= 50 dB\n"))
  }

  @Test func `where no clip is compared there are no means`() async throws {
    for name in ["one", "two"] {
      try FileManager.default.removeItem(atPath: folder["set/\(name)/masks"])
    }
    let run = try await verify("--report", "none", "--json")
    #expect(run.code == 1)
    for key in ["iou", "boundary"] {
      let means = try #require(try run.json[key] as? [String: Any])
      #expect(means.values.allSatisfy { $0 is NSNull } && !means.isEmpty)
    }
    let text = try await verify()
    #expect(!text.output.contains("1.0000"))
    let same = try await folder.succeed(
      .verify, "compare-reports", "none/roll-up.json", "none/roll-up.json", "--json")
    #expect(try same.json["compared"] as? Int == 0)
  }

  @Test func `the folder of one clip is refused as a set`() async throws {
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clips", "set/one", code: 64,
      naming: ["set/one: expected a folder of clips, found one clip", "use --clip"])
  }

  @Test func `a set that is not there, or of no clips, is refused`() async throws {
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clips", "none", code: 66, naming: ["none"])
    try FileManager.default.removeItem(atPath: folder["set/one"])
    try FileManager.default.removeItem(atPath: folder["set/two"])
    try await folder.refuse(
      .verify, "m.safetensors", "m.safetensors", "--clips", "set", code: 66,
      naming: ["set: expected a folder for each clip"])
  }
}
