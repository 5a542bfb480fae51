import Foundation
import Safetensors
import Tensors
import Testing

@Suite struct QuantizeTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// Writes the tiny model and a clip that fits it.
  private func writeTinyInputs() throws {
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  @Test func `files in fp16, bf16, w8 and int8 are as small as promised`() async throws {
    let models = try await Sample.models.value
    func size(_ path: String) throws -> Double {
      Double(try Data(contentsOf: URL(fileURLWithPath: path)).count)
    }
    #expect(try size(models.fp16) <= 0.51 * size(models.fp32))
    #expect(try size(models.bf16) <= 0.51 * size(models.fp32))
    #expect(try size(models.int8) <= 0.28 * size(models.fp32))
    try await folder.succeed(
      .quantize, models.fp32, "-o", "w8.safetensors", "--precision", "w8")
    #expect(try size(folder["w8.safetensors"]) <= 0.27 * size(models.fp32))
  }

  @Test func `fp16 has the same bytes whatever the number of threads`() async throws {
    let models = try await Sample.models.value
    for threads in ["1", "2"] {
      try await folder.succeed(
        .quantize, models.fp32, "-o", "\(threads).safetensors", "--precision", "fp16",
        "--threads", threads)
    }
    #expect(try folder.bytes("1.safetensors") == folder.bytes("2.safetensors"))
    let made = try Data(contentsOf: URL(fileURLWithPath: models.fp16))
    #expect(try folder.bytes("1.safetensors") == made)
  }

  @Test func `a bfloat16 model says what it is, runs, and stays close to what it was`()
    async throws
  {
    try writeTinyInputs()
    let json = try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "bf16.safetensors", "--precision", "bf16", "--json"
    ).json
    #expect(json["precision"] as? String == "bf16")
    let file = try SafetensorsFile.read(folder["bf16.safetensors"])
    #expect(file.metadata["stm.precision"] == "bf16")
    #expect(file["Decoder.pred2.weight"]?.elementType == .bfloat16)
    #expect(file["Decoder.pred2.bias"]?.elementType == .float32)
    let report = try await folder.succeed(
      .verify, "tiny.safetensors", "bf16.safetensors", "--clip", "clip", "--json", "--backend",
      "reference"
    ).json
    #expect(report["verdict"] as? String == "pass")
    #expect(report["coverage"] as? Double == 1)
    let sqnr = try #require((report["logits"] as? [String: Any])?["sqnr"] as? Double)
    #expect(sqnr > 30 && sqnr < 80)
  }

  @Test func `int8 has the same bytes whatever the number of threads`() async throws {
    let models = try await Sample.models.value
    for threads in ["1", "2"] {
      try await folder.succeed(
        .quantize, models.fp32, "-o", "\(threads).safetensors", "--precision", "int8",
        "--calibrate", Sample.clip, "--frames", "3", "--long-edge", "96", "--rounding", "nearest",
        "--threads", threads)
    }
    #expect(try folder.bytes("1.safetensors") == folder.bytes("2.safetensors"))
    let made = try Data(contentsOf: URL(fileURLWithPath: models.int8))
    #expect(try folder.bytes("1.safetensors") == made)
  }

  @Test func `int8 calibrated on two clips names both, and what else decides its bytes`()
    async throws
  {
    try writeTinyInputs()
    try folder.writeClip("other", frames: [(48, 32), (48, 32), (48, 32)], mask: (48, 32))
    try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "int8.safetensors", "--precision", "int8",
      "--calibrate", "clip", "--calibrate", "other", "--long-edge", "32", "--backend", "reference")
    let metadata = try SafetensorsFile.read(folder["int8.safetensors"]).metadata
    #expect(metadata["stm.precision"] == "int8")
    #expect(
      metadata["stm.provenance"]?.contains("clip (2 frames), other (3 frames)") == true)
    for setting in [#""long-edge":"32""#, #""backend":"reference""#] {
      #expect(metadata["stm.provenance"]?.contains(setting) == true, "\(setting)")
    }
  }

  @Test func `int8 without a clip is refused`() async throws {
    try writeTinyInputs()
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", code: 64,
      naming: ["--calibrate"])
  }

  @Test func `kernels rounded by patches have the same bytes whatever the number of threads`()
    async throws
  {
    try writeTinyInputs()
    for (name, option) in [("1", "--threads"), ("2", "--threads"), ("nearest", "--rounding")] {
      try await folder.succeed(
        .quantize, "tiny.safetensors", "-o", "\(name).safetensors", "--precision", "int8",
        "--calibrate", "clip", "--backend", "reference", option, name)
    }
    #expect(try folder.bytes("1.safetensors") == folder.bytes("2.safetensors"))
    let (adaptive, nearest) = try (
      SafetensorsFile.read(folder["1.safetensors"]),
      SafetensorsFile.read(folder["nearest.safetensors"])
    )
    #expect(adaptive.metadata["stm.provenance"]?.contains(#""rounding":"adaptive""#) == true)
    #expect(nearest.metadata["stm.provenance"]?.contains("rounding") == false)
    let kernels = try zip(adaptive.entries, nearest.entries).filter { $0.0.elementType == .int8 }
      .map { try $0.tensor().bitPatterns(as: Int8.self) == $1.tensor().bitPatterns(as: Int8.self) }
    #expect(kernels.contains(false))
  }

  @Test(arguments: [
    ("fp16", "adaptive", ["--rounding", "int8 or w8"]),
    ("w8", "adaptive", ["--rounding adaptive", "--calibrate"]),
    ("w8", "up", ["--rounding", "nearest"]),
  ])
  func `a rounding that has nothing to go by is refused`(
    precision: String, rounding: String, nouns: [String]
  ) async throws {
    try writeTinyInputs()
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", precision,
      "--rounding", rounding, code: 64, naming: nouns)
  }

  @Test(arguments: ["fp16", "bf16"])
  func `a precision that needs no clip refuses one`(precision: String) async throws {
    try writeTinyInputs()
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", precision,
      "--calibrate", "clip", code: 64, naming: ["--calibrate"])
  }

  @Test func `an unknown precision is refused`() async throws {
    try writeTinyInputs()
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int4", code: 64,
      naming: ["int4", "fp16", "bf16", "int8", "w8", "did you mean --precision int8?"])
  }

  @Test(arguments: [["--threads", "0"], ["--frames", "1"], ["--long-edge", "8"]])
  func `numbers out of range are refused`(option: [String]) async throws {
    try writeTinyInputs()
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", "--calibrate",
      "clip", option[0], option[1], code: 64, naming: option)
  }

  @Test func `a model that is quantized already is refused, and no clip asked for first`()
    async throws
  {
    let model = try await Sample.models.value.int8
    for precision in ["fp16", "w8", "int8"] {
      try await folder.refuse(
        .quantize, model, "-o", "q.safetensors", "--precision", precision, code: 65,
        naming: [model, "fp32", "int8"])
    }
  }

  @Test func `a file that is no safetensors is refused`() async throws {
    try await folder.refuse(
      .quantize, Sample.hdf5, "-o", "q.safetensors", "--precision", "fp16", code: 65,
      naming: [Sample.hdf5, "stm-convert"])
  }

  @Test func `a model that lacks a tensor is refused`() async throws {
    try TinyModel.write(
      TinyModel.entries().filter { $0.name != "Decoder.pred2.bias" }, to: folder["m.safetensors"])
    try await folder.refuse(
      .quantize, "m.safetensors", "-o", "q.safetensors", "--precision", "fp16", code: 65,
      naming: ["m.safetensors", "Decoder.pred2.bias", "[2]"])
  }

  @Test func `weights of another network are refused by the file's name`() async throws {
    try TinyModel.write([.init("fc.weight", [10, 3])], to: folder["classifier.safetensors"])
    try await folder.refuse(
      .quantize, "classifier.safetensors", "-o", "q.safetensors", "--precision", "fp16", code: 65,
      naming: ["classifier.safetensors"])
  }

  @Test(arguments: [Float.nan, .infinity, 3.4e38, 1e9], ["fp16", "bf16", "int8", "w8"])
  func `weights beyond the precision are refused`(value: Float, precision: String) async throws {
    // Every precision but int8 and w8, which have a scale, has a largest number.
    if ["int8", "w8"].contains(precision) && value.isFinite || precision == "bf16" && value == 1e9 {
      return
    }
    try writeTinyInputs()
    let entries = TinyModel.entries().map {
      $0.name == "KV_M_r4.Key.weight" ? .init($0.name, $0.shape, filledWith: value) : $0
    }
    try TinyModel.write(entries, to: folder["odd.safetensors"])
    let clip = precision == "int8" ? ["--calibrate=clip"] : ["--quiet"]
    try await folder.refuse(
      .quantize, "odd.safetensors", "-o", "q.safetensors", "--precision", precision, clip[0],
      code: 65, naming: ["odd.safetensors", "KV_M_r4.Key.weight", "expected", "found"])
  }

  @Test func `an unknown precision in the metadata is refused`() async throws {
    let archive = try TensorArchive(TinyModel.entries(), metadata: ["stm.precision": "int3"])
    try SafetensorsFile.write(archive, to: folder["odd.safetensors"])
    try await folder.refuse(
      .quantize, "odd.safetensors", "-o", "q.safetensors", "--precision", "fp16", code: 65,
      naming: ["odd.safetensors", "stm.precision", "int3"])
  }

  @Test func `an output that cannot be written is refused before anything is read`() async throws {
    try await folder.refuse(
      .quantize, "no.safetensors", "-o", "no/q.safetensors", "--precision", "fp16", code: 73,
      naming: ["no/q.safetensors"])
  }
}
