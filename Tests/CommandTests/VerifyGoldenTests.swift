import Foundation
import Safetensors
import Tensors
import Testing

@Suite struct VerifyGoldenTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// Verifies the sample model against `golden`.
  private func verify(_ golden: String, _ options: String...) async throws -> Run {
    try await Tool.verify.run(
      ["golden", try await Sample.models.value.fp32, golden] + options, in: folder.path)
  }

  /// Writes the sample's golden file with its tensors changed.
  private func writeGolden(
    _ change: ([TensorArchive.Entry]) -> [TensorArchive.Entry]
  ) throws {
    let golden = try SafetensorsFile.read(Sample.golden)
    try TinyModel.write(change(golden.entries), to: folder["golden.safetensors"])
  }

  @Test func `the sample model computes what its framework computed`() async throws {
    let run = try await verify(Sample.golden, "--json", "--report", "golden.json")
    #expect(run.code == 0)
    #expect(run.errors == "")
    let json = try run.json
    #expect(json["verdict"] as? String == "pass")
    #expect(json["firstCause"] is NSNull)
    #expect((json["layers"] as? [Any])?.count == 242)
    #expect((json["unmatched"] as? [Any])?.isEmpty == true)
    #expect(try folder.bytes("golden.json") == Data(run.output.utf8))
  }

  @Test func `the report has the same bytes whatever the number of threads`() async throws {
    let one = try await verify(Sample.golden, "--json", "--threads", "1")
    let two = try await verify(Sample.golden, "--json", "--threads", "2")
    #expect(one.code == 0)
    #expect(one.output == two.output)
  }

  @Test func `a tolerance that cannot be reached fails and names the first layer`() async throws {
    let run = try await verify(Sample.golden, "--tolerance", "segment/**:1e-12")
    #expect(run.code == 1)
    #expect(run.errors == "")
    #expect(run.output.contains("verdict: fail, first cause segment/"))
    #expect(run.output.contains("would have passed every layer compared"))
  }

  @Test func `a golden file of inputs alone fails, and the verdict says why`() async throws {
    try writeGolden { $0.filter { $0.name.hasPrefix("input/") } }
    let run = try await verify("golden.safetensors")
    #expect(run.code == 1)
    #expect(
      run.output.hasSuffix("verdict: fail, the golden file holds no layer to compare\n"))
  }

  @Test func `a golden tensor without a counterpart fails by name`() async throws {
    try writeGolden { $0 + [.init("segment/Decoder.pred3", [1, 2, 4, 4])] }
    let run = try await verify("golden.safetensors", "--json")
    #expect(run.code == 1)
    #expect(try run.json["firstCause"] as? String == "segment/Decoder.pred3")
    let unmatched = try #require(run.json["unmatched"] as? [[String: Any]])
    #expect(unmatched.map { $0["name"] as? String } == ["segment/Decoder.pred3"])
  }

  @Test func `a golden value that is not a number fails`() async throws {
    try writeGolden { entries in
      entries.map {
        $0.name == "segment/Decoder.pred2" ? .init($0.name, $0.shape, filledWith: .nan) : $0
      }
    }
    let run = try await verify("golden.safetensors", "--json")
    #expect(run.code == 1)
    #expect(try run.json["firstCause"] as? String == "segment/Decoder.pred2")
    #expect(run.output.contains("\"Infinity\""))
  }

  @Test(arguments: ["input/frames", "input/masks", "input/others"])
  func `a golden file that lacks an input is refused`(input: String) async throws {
    try writeGolden { entries in entries.filter { $0.name != input } }
    try await folder.refuse(
      .verify, "golden", try await Sample.models.value.fp32, "golden.safetensors", code: 65,
      naming: ["golden.safetensors", input])
  }

  @Test func `golden inputs off the grid of 16 are refused`() async throws {
    try writeGolden { entries in
      entries.map { $0.name == "input/frames" ? .init($0.name, [2, 3, 30, 32]) : $0 }
    }
    try await folder.refuse(
      .verify, "golden", try await Sample.models.value.fp32, "golden.safetensors", code: 65,
      naming: ["golden.safetensors", "input/frames", "[2, 3, 30, 32]"])
  }

  @Test func `an int8 model is refused`() async throws {
    let model = try await Sample.models.value.int8
    try await folder.refuse(
      .verify, "golden", model, Sample.golden, code: 65, naming: [model, "int8"])
  }

  @Test func `a golden file that is missing or no weights is refused`() async throws {
    let model = try await Sample.models.value.fp32
    try folder.write(Data("text".utf8), as: "golden.txt")
    try await folder.refuse(
      .verify, "golden", model, "no.safetensors", code: 66, naming: ["no.safetensors"])
    try await folder.refuse(
      .verify, "golden", model, "golden.txt", code: 65, naming: ["golden.txt"])
  }

  @Test(arguments: ["Decoder.**", "input/*"])
  func `a tolerance for no layer is refused`(pattern: String) async throws {
    try await folder.refuse(
      .verify, "golden", try await Sample.models.value.fp32, Sample.golden, "--tolerance",
      "\(pattern):1", code: 64, naming: ["--tolerance: no layer fits '\(pattern)'"])
  }

  @Test func `a negative tolerance is refused`() async throws {
    try await folder.refuse(
      .verify, "golden", "a", "b", "--default-tolerance=-1", code: 64,
      naming: ["--default-tolerance", "stm-verify golden --help"])
  }
}
