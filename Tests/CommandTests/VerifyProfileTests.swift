import Foundation
import Testing

@Suite struct VerifyProfileTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// The profile of the sample model in plain loops, at the smallest size that there is.
  private func profile(_ path: String, _ arguments: String...) async throws -> [String: Any] {
    let run = try await Tool.verify.run(
      ["profile", path, "--size", "16x32", "--rounds", "2", "--backend", "reference", "--json"]
        + arguments, in: folder.path)
    try #require(run.code == 0, "\(run.errors)")
    #expect(run.errors == "")
    return try run.json
  }

  @Test func `every part and every step of the sample model is measured`() async throws {
    let path = try await Sample.models.value.fp32
    let json = try await profile(
      path, "--memory", "2", "--objects", "3", "--report", "profile.json")
    #expect(json["precision"] as? String == "fp32")
    #expect(json["backend"] as? String == "reference")
    for (key, value) in ["height": 16, "width": 32, "memory": 2, "objects": 3, "rounds": 2] {
      #expect(json[key] as? Int == value, "\(key)")
    }
    #expect(try #require(json["peakMemory"] as? Int) > 1_000_000)
    let parts = try #require(json["parts"] as? [[String: Any]])
    #expect(
      parts.map { $0["name"] as? String } == ["memorize", "query", "decode", "segment", "read"])
    for part in parts {
      let median = try #require(part["medianMilliseconds"] as? Double)
      #expect(try #require(part["minimumMilliseconds"] as? Double) <= median)
      #expect(try #require(part["operations"] as? Int) > 0)
      #expect(part["compileMilliseconds"] is NSNull == (part["name"] as? String == "segment"))
    }
    let peaks = try #require(json["peaks"] as? [[String: Any]])
    #expect(peaks.map { $0["precision"] as? String } == ["fp32"])
    #expect(try folder.bytes("profile.json").count > 0)
  }

  @Test func `the shares of a program's steps sum to 1 and its operations to the program's`()
    async throws
  {
    let json = try await profile(try await Sample.models.value.fp32, "--memory", "2")
    let steps = try #require(json["steps"] as? [[String: Any]])
    for part in try #require(json["parts"] as? [[String: Any]]) {
      guard let name = part["name"] as? String, ["memorize", "query", "decode"].contains(name)
      else { continue }
      let own = steps.filter { $0["program"] as? String == name }
      let shares = own.compactMap { $0["share"] as? Double }
      #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
      let operations = own.compactMap { $0["operations"] as? Int }
      #expect(operations.reduce(0, +) == part["operations"] as? Int)
      for step in own {
        #expect(step["peakFraction"] is NSNull == (step["operations"] as? Int == 0))
      }
    }
  }

  @Test func `the text lists as many steps as are asked for, slowest first`() async throws {
    let text = try await folder.succeed(
      .verify, "profile", try await Sample.models.value.fp32, "--size", "16x16", "--memory", "1",
      "--rounds", "1", "--backend", "reference", "--worst", "2"
    ).output
    #expect(
      text.contains("fp32 model at 16x16, frames in memory: 1, objects: 1, backend reference"))
    #expect(text.contains("steps; 2 that take longest first:"))
    #expect(text.contains("peak in fp32: "))
    #expect(text.contains("peak memory: "))
  }

  @Test(arguments: [
    ("--size", "100x160"), ("--size", "0x16"), ("--size", "16x9000"), ("--memory", "0"),
    ("--objects", "255"), ("--rounds", "0"),
  ])
  func `an extent that makes no sense is refused`(option: String, value: String) async throws {
    try await folder.refuse(
      .verify, "profile", "m.safetensors", option, value, code: 64,
      naming: [
        option, value, "expected",
        option == "--size" ? "hint: the nearest is: --size " : "stm-verify profile --help",
      ])
  }

  @Test func `a size that is none is refused`() async throws {
    try await folder.refuse(
      .verify, "profile", "m.safetensors", "--size", "large", code: 64,
      naming: ["large", "--size"])
  }
}
