import Foundation
import Tensors
import Testing

@Suite struct ConvertRefusalTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// The first `count` bytes of the file at `path`, as the file `name`.
  private func writeStart(of path: String, _ count: Int, as name: String) throws {
    try folder.write(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(count), as: name)
  }

  @Test func `a missing file is refused`() async throws {
    try await folder.refuse(
      .convert, "nowhere.onnx", "-o", "stm.safetensors", code: 66, naming: ["nowhere.onnx"])
  }

  @Test func `a folder is refused`() async throws {
    try FileManager.default.createDirectory(
      atPath: folder["models"], withIntermediateDirectories: false)
    try await folder.refuse(
      .convert, "models", "-o", "stm.safetensors", code: 66,
      naming: ["models: expected a file, found a folder"])
  }

  @Test(arguments: [50, 100_000, 3_700_000])
  func `a truncated ONNX file is refused`(count: Int) async throws {
    try writeStart(of: Sample.memorize, count, as: "cut.onnx")
    try await folder.refuse(
      .convert, "cut.onnx", Sample.query, Sample.decode, "-o", "stm.safetensors", code: 65,
      naming: ["cut.onnx"])
  }

  @Test(arguments: [50, 100_000, 10_000_000])
  func `a truncated HDF5 file is refused`(count: Int) async throws {
    try writeStart(of: Sample.hdf5, count, as: "cut.h5")
    try await folder.refuse(
      .convert, "cut.h5", "-o", "stm.safetensors", code: 65, naming: ["cut.h5"])
  }

  @Test(arguments: [4, 60, 9_000_000])
  func `a truncated safetensors file is refused`(count: Int) async throws {
    try writeStart(of: try await Sample.models.value.fp32, count, as: "cut.safetensors")
    try await folder.refuse(
      .convert, "cut.safetensors", "-o", "stm.safetensors", code: 65, naming: ["cut.safetensors"])
  }

  @Test func `a text file is refused`() async throws {
    try folder.write(Data("these are not weights\n".utf8), as: "notes.txt")
    try await folder.refuse(
      .convert, "notes.txt", "-o", "stm.safetensors", code: 65, naming: ["notes.txt", "ONNX"])
  }

  @Test(arguments: ["auto", "onnx", "hdf5", "safetensors", "npz"])
  func `an empty file is refused in every format`(format: String) async throws {
    try folder.write(Data(), as: "empty")
    try await folder.refuse(
      .convert, "empty", "-o", "stm.safetensors", "--from", format, code: 65, naming: ["empty"])
  }

  @Test(arguments: ["onnx", "hdf5", "safetensors", "npz"])
  func `a text file is refused as any format that is forced on it`(format: String) async throws {
    try folder.write(Data(repeating: 0x41, count: 4096), as: "letters")
    try await folder.refuse(
      .convert, "letters", "-o", "stm.safetensors", "--from", format, code: 65,
      naming: ["letters"])
  }

  @Test(arguments: [
    (Sample.memorize, [Sample.query, Sample.decode]),
    (Sample.query, [Sample.memorize, Sample.decode]),
  ])
  func `every tensor of an ONNX file that was left out is listed`(
    left: String, given: [String]
  ) async throws {
    func names(_ file: String) async throws -> Set<String> {
      let json = try await folder.succeed(.convert, "inspect", file, "--json").json
      let tensors = json["tensors"] as? [[String: Any]] ?? []
      return Set(tensors.compactMap { $0["name"] as? String }.filter { !$0.hasPrefix("/") })
    }
    let missing = try await names(left).subtracting(names(given[0])).subtracting(names(given[1]))
      .filter { !$0.hasSuffix(".mean") && !$0.hasSuffix(".std") }
    #expect(missing.count > 100)
    try await folder.refuse(
      .convert, given[0], given[1], "-o", "stm.safetensors", code: 65,
      naming: given + missing.map { "tensor '\($0)': expected shape" }
        + ["does not fit the network: \(missing.count) problems"])
  }

  @Test func `an export without a decoder is refused as a backbone`() async throws {
    try await folder.refuse(
      .convert, Sample.memorize, Sample.query, "-o", "stm.safetensors", code: 65,
      naming: [
        Sample.memorize, Sample.query, "expected a whole network, found only trunks of width 16",
        "hint: name every file of the export", "--into Encoder_Q,Encoder_M --partial",
      ])
  }

  @Test func `weights that are not finite are refused with tensor and element`() async throws {
    let entries = TinyModel.entries().map {
      $0.name == "Decoder.pred2.bias" ? .init($0.name, $0.shape, filledWith: .nan) : $0
    }
    try TinyModel.write(entries, to: folder["nan.safetensors"])
    try await folder.refuse(
      .convert, "nan.safetensors", "-o", "stm.safetensors", code: 65,
      naming: ["nan.safetensors", "'Decoder.pred2.bias'", "finite", "2 others", "element 0"])
  }

  @Test func `missing, misshapen and unexpected tensors are listed together`() async throws {
    let entries = TinyModel.entries().filter { $0.name != "Decoder.pred2.bias" }.map {
      $0.name == "KV_M_r4.Key.bias" ? .init($0.name, [7]) : $0
    }
    try TinyModel.write(entries + [.init("ema.step", [1])], to: folder["odd.safetensors"])
    try await folder.refuse(
      .convert, "odd.safetensors", "-o", "stm.safetensors", code: 65,
      naming: [
        "odd.safetensors: does not fit the network: 3 problems",
        "tensor 'Decoder.pred2.bias': expected shape [2], found none",
        "tensor 'KV_M_r4.Key.bias': expected shape [2], found [7] in "
          + "'KV_M_r4.Key.bias' in odd.safetensors",
        "tensor 'ema.step': expected no such tensor, found shape [1] in odd.safetensors",
      ])
  }

  @Test func `what is misshapen cannot be allowed to be missing`() async throws {
    let entries = TinyModel.entries().map {
      $0.name == "KV_M_r4.Key.bias" ? .init($0.name, [7]) : $0
    }
    try TinyModel.write(entries, to: folder["odd.safetensors"])
    try await folder.refuse(
      .convert, "odd.safetensors", "-o", "stm.safetensors", "--allow-missing", "**", code: 65,
      naming: ["odd.safetensors", "KV_M_r4.Key.bias", "[2]", "[7]"])
  }

  @Test func `weights that are integers are refused`() async throws {
    let entries = TinyModel.entries().map { entry in
      entry.name == "KV_M_r4.Key.bias"
        ? .init(
          name: entry.name,
          tensor: Tensor(bitPatterns: [1, 2] as [UInt32], elementType: .int32, shape: [2]))
        : entry
    }
    try TinyModel.write(entries, to: folder["integers.safetensors"])
    try await folder.refuse(
      .convert, "integers.safetensors", "-o", "stm.safetensors", code: 65,
      naming: ["integers.safetensors", "KV_M_r4.Key.bias", "floating-point", "I32"])
  }

  @Test func `files that contradict each other are refused`() async throws {
    try TinyModel.write(to: folder["a.safetensors"])
    try TinyModel.write([.init("Decoder.pred2.bias", [2])], to: folder["b.safetensors"])
    try await folder.refuse(
      .convert, "a.safetensors", "b.safetensors", "-o", "stm.safetensors", code: 65,
      naming: ["a.safetensors", "b.safetensors", "Decoder.pred2.bias"])
  }

  @Test func `weights of another network are refused by the file's name`() async throws {
    try TinyModel.write([.init("fc.weight", [10, 3])], to: folder["classifier.safetensors"])
    try await folder.refuse(
      .convert, "classifier.safetensors", "-o", "stm.safetensors", code: 65,
      naming: ["classifier.safetensors", "Encoder_Q.res2.0.conv1.weight"])
  }

  @Test func `a file without tensors is refused`() async throws {
    try TinyModel.write([], to: folder["none.safetensors"])
    try await folder.refuse(
      .convert, "none.safetensors", "-o", "stm.safetensors", code: 65, naming: ["none.safetensors"])
  }

  @Test func `an output in a folder that does not exist is refused`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try await folder.refuse(
      .convert, "tiny.safetensors", "-o", "no/where.safetensors", code: 73,
      naming: ["no/where.safetensors"])
  }

  @Test func `an output that is a folder is refused`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try FileManager.default.createDirectory(
      atPath: folder["models"], withIntermediateDirectories: false)
    try await folder.refuse(
      .convert, "tiny.safetensors", "-o", "models", code: 73, naming: ["models"])
  }

  @Test func `a report in a folder that does not exist is refused`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try await folder.refuse(
      .convert, "tiny.safetensors", "--dry-run", "--report", "no/where.json", code: 73,
      naming: ["no/where.json"])
  }

  @Test func `an output that would overwrite another file of the run is refused`() async throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    let before = try folder.bytes("tiny.safetensors")
    for (option, output, report) in [
      ("--output", "./tiny.safetensors", "r"), ("--report", "m", "tiny.safetensors"),
      ("--report", "m", "./m"),
    ] {
      try await folder.refuse(
        .convert, "tiny.safetensors", "--output", output, "--report", report, code: 64,
        naming: ["\(option): expected another file"])
    }
    #expect(try folder.bytes("tiny.safetensors") == before)
  }

  @Test func `an import without an output is refused`() async throws {
    try await folder.refuse(.convert, Sample.hdf5, code: 64, naming: ["--output", "--dry-run"])
  }

  @Test func `an import without inputs is refused`() async throws {
    try await folder.refuse(.convert, code: 64, naming: ["inputs", "stm-convert help"])
  }

  @Test func `an unknown option is refused`() async throws {
    try await folder.refuse(
      .convert, Sample.hdf5, "-o", "stm.safetensors", "--colour", code: 64,
      naming: ["--colour", "stm-convert import --help"])
  }

  @Test func `an unknown format is refused`() async throws {
    try await folder.refuse(
      .convert, Sample.hdf5, "-o", "stm.safetensors", "--from", "keras", code: 64,
      naming: ["--from", "keras", "hdf5"])
  }

  @Test func `a pattern that is not one is refused`() async throws {
    try await folder.refuse(
      .convert, Sample.hdf5, "-o", "stm.safetensors", "--allow-missing", "re:(", code: 64,
      naming: ["--allow-missing", "re:("])
  }

  @Test func `inspect refuses what is missing, damaged or unknown`() async throws {
    try folder.write(Data("text".utf8), as: "notes.txt")
    try writeStart(of: Sample.hdf5, 5000, as: "cut.h5")
    try await folder.refuse(.convert, "inspect", "no.h5", "--json", code: 66, naming: ["no.h5"])
    try await folder.refuse(.convert, "inspect", "notes.txt", code: 65, naming: ["notes.txt"])
    try await folder.refuse(.convert, "inspect", "cut.h5", "--json", code: 65, naming: ["cut.h5"])
    try await folder.refuse(.convert, "inspect", code: 64, naming: ["<file>"])
  }
}
