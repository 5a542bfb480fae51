import Foundation
import Tensors
import Testing

@Suite struct DiffTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(
      [.init("same", [3], filledWith: 1), .init("weight", [2, 2], filledWith: 4)],
      to: folder["a.safetensors"])
  }

  /// The report on `b.safetensors` with these tensors, which must end with `code`.
  private func report(
    _ entries: [TensorArchive.Entry], _ arguments: String..., code: Int32 = 1
  ) async throws -> (text: String, json: [String: Any]) {
    try TinyModel.write(entries, to: folder["b.safetensors"])
    let command = ["diff", "a.safetensors", "b.safetensors"] + arguments
    let text = try await Tool.convert.run(command, in: folder.path)
    let json = try await Tool.convert.run(command + ["--json"], in: folder.path)
    #expect(text.code == code && json.code == code && text.errors + json.errors == "")
    return (text.output, try json.json)
  }

  /// The only difference in `json`.
  private func difference(_ json: [String: Any]) throws -> [String: Any] {
    let differences = try #require(json["differences"] as? [[String: Any]])
    #expect(differences.count == 1)
    return try #require(differences.first)
  }

  @Test func `files of different formats with the same tensors are identical`() async throws {
    try await folder.succeed(.convert, Sample.hdf5, "-o", "stm.safetensors")
    let run = try await folder.succeed(.convert, "diff", Sample.hdf5, "stm.safetensors")
    #expect(run.output.hasSuffix("558 identical\nverdict: pass\n"))
  }

  @Test func `a tensor that only the reference has is missing`() async throws {
    let (text, json) = try await report([.init("same", [3], filledWith: 1)])
    #expect(text.contains("missing: weight: expected F32 [2, 2], found none\n"))
    #expect(text.hasSuffix("1 identical, 1 missing\nverdict: fail\n"))
    #expect(try difference(json)["outcome"] as? String == "missing")
  }

  @Test func `a tensor that only the candidate has is unexpected`() async throws {
    let (text, _) = try await report([
      .init("same", [3], filledWith: 1), .init("weight", [2, 2], filledWith: 4), .init("new", [1]),
    ])
    #expect(text.contains("unexpected: new: expected none, found F32 [1]\n"))
    #expect(text.hasSuffix("2 identical, 1 unexpected\nverdict: fail\n"))
  }

  @Test func `a tensor of another shape is misshapen, whatever its elements`() async throws {
    let (text, json) = try await report([
      .init("same", [3], filledWith: 1), .init("weight", [4], filledWith: 4),
    ])
    #expect(text.contains("misshapen: weight: expected F32 [2, 2], found F32 [4]\n"))
    #expect(try difference(json)["values"] is NSNull)
  }

  @Test func `a tensor of another type is retyped, and compared as numbers`() async throws {
    let half = Tensor(
      bitPatterns: [0x4400, 0x4400, 0x4400, 0x4401] as [UInt16], elementType: .float16,
      shape: [2, 2])
    let (text, json) = try await report(
      [.init("same", [3], filledWith: 1), .init(name: "weight", tensor: half)], "--tolerance", "1")
    #expect(text.contains("F32 -> F16"))
    let difference = try difference(json)
    let values = try #require(difference["values"] as? [String: Any])
    #expect(difference["outcome"] as? String == "retyped")
    #expect(values["differing"] as? Int == 1 && values["maximumError"] as? Double == 0x1p-8)
    #expect(values["tolerated"] as? Bool == false)
  }

  @Test func `changed elements are counted and measured`() async throws {
    let weight = FloatTensor(shape: [2, 2], values: [4, 4, 4, 3.5])
    let (text, json) = try await report([
      .init("same", [3], filledWith: 1), .init(name: "weight", tensor: Tensor(weight)),
    ])
    #expect(text.hasSuffix("1 identical, 1 changed\nverdict: fail\n"))
    let values = try #require(try difference(json)["values"] as? [String: Any])
    #expect(values["maximumError"] as? Double == 0.5 && values["relativeError"] as? Double == 0.125)
    #expect(values["differing"] as? Int == 1 && values["elements"] as? Int == 4)
    let sqnr = try #require(values["sqnr"] as? Double)
    #expect(abs(sqnr - 10 * log10(64 / 0.25)) < 1e-9)
  }

  @Test func `changes within the tolerance pass, and are still listed`() async throws {
    let weight = FloatTensor(shape: [2, 2], values: [4, 4, 4, 3.5])
    let entries: [TensorArchive.Entry] = [
      .init("same", [3], filledWith: 1), .init(name: "weight", tensor: Tensor(weight)),
    ]
    let (text, json) = try await report(entries, "--tolerance", "0.125", code: 0)
    #expect(text.contains("changed, tolerated"))
    #expect(json["verdict"] as? String == "pass" && json["tolerance"] as? Double == 0.125)
    _ = try await report(entries, "--tolerance", "0.12")
  }

  @Test func `a NaN on one side is beyond every tolerance`() async throws {
    let (text, _) = try await report(
      [.init("same", [3], filledWith: 1), .init("weight", [2, 2], filledWith: .nan)],
      "--tolerance", "1e30")
    #expect(text.contains("inf"))
  }

  @Test func `the report is written to a file as it is printed`() async throws {
    let run = try await folder.succeed(
      .convert, "diff", "a.safetensors", "a.safetensors", "--json", "--report", "r.json")
    #expect(try folder.bytes("r.json") == Data(run.output.utf8))
  }

  @Test func `what is missing, damaged or unknown is refused`() async throws {
    try folder.write(Data("text".utf8), as: "notes.txt")
    try folder.write(try folder.bytes("a.safetensors").dropLast(), as: "cut.safetensors")
    for (file, code) in [("no.h5", 66), ("notes.txt", 65), ("cut.safetensors", 65)] as [(_, Int32)]
    {
      try await folder.refuse(.convert, "diff", "a.safetensors", file, code: code, naming: [file])
      try await folder.refuse(.convert, "diff", file, "a.safetensors", code: code, naming: [file])
    }
  }

  @Test(arguments: ["-1", "nan", "inf", "little"])
  func `a tolerance that is not one is refused`(value: String) async throws {
    try await folder.refuse(
      .convert, "diff", "a.safetensors", "a.safetensors", "--tolerance=\(value)", code: 64,
      naming: ["--tolerance"])
  }

  @Test func `a lone file and a report over an input are refused`() async throws {
    try await folder.refuse(.convert, "diff", "a.safetensors", code: 64, naming: ["<candidate>"])
    try await folder.refuse(
      .convert, "diff", "a.safetensors", "a.safetensors", "--report", "./a.safetensors", code: 64,
      naming: ["--report"])
    try await folder.refuse(
      .convert, "diff", "a.safetensors", "a.safetensors", "--report", "no/r.json", code: 73,
      naming: ["no/r.json"])
  }
}
