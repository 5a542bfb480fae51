import Foundation
import Safetensors
import Tensors
import Testing

@Suite struct CalibrateTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  private func calibrate(_ output: String = "s.json") async throws {
    try await folder.succeed(.quantize, "calibrate", "tiny.safetensors", "clip", "-o", output)
  }

  @Test func `statistics have the same bytes whatever the order of clips and number of threads`()
    async throws
  {
    let model = try await Sample.models.value.fp32
    try folder.writeClip("other", frames: [(48, 32), (48, 32), (48, 32)], mask: (48, 32))
    for (clips, threads) in [(["clip", "other"], "1"), (["other", "clip"], "2")] {
      let text = try await folder.succeed(
        .quantize, "calibrate", model, clips[0], clips[1], "-o", "\(threads).json", "--threads",
        threads
      ).output
      #expect(text.hasPrefix("wrote \(threads).json: "))
      #expect(text.contains("over 2 clips of 5 frames"))
    }
    #expect(try folder.bytes("1.json") == folder.bytes("2.json"))
  }

  @Test func `both backends count as many elements of every value`() async throws {
    var counts: [[String: Int]] = []
    for backend in ["onednn", "reference"] {
      let json = try await folder.succeed(
        .quantize, "calibrate", "tiny.safetensors", "clip", "-o", "s.json", "--backend", backend,
        "--json"
      ).json
      let values = try #require(json["values"] as? [[String: Any]])
      counts.append(
        Dictionary(
          uniqueKeysWithValues: values.map {
            ("\($0["program"] ?? "").\($0["name"] ?? "")", $0["count"] as? Int ?? -1)
          }))
    }
    #expect(counts[0] == counts[1])
    #expect(counts[0]["query.frame"] == 3 * 32 * 32)
  }

  @Test func `ranges from a file of statistics are those of calibrating on the spot`() async throws
  {
    try await calibrate()
    for (name, source) in [("a", "--statistics=s.json"), ("b", "--calibrate=clip")] {
      try await folder.succeed(
        .quantize, "tiny.safetensors", "-o", "\(name).safetensors", "--precision", "int8", source,
        "--method", "mse", "--rounding", "nearest")
    }
    let (a, b) = (
      try SafetensorsFile.read(folder["a.safetensors"]),
      try SafetensorsFile.read(folder["b.safetensors"])
    )
    #expect(a.entries.map(\.name) == b.entries.map(\.name))
    for (left, right) in zip(a.entries, b.entries) {
      #expect(try left.tensor().isBitIdentical(to: right.tensor()), "\(left.name)")
    }
    let provenance = try #require(a.metadata["stm.provenance"])
    for part in [#""method":"mse""#, "clip (2 frames)", #""backend":"onednn""#, "s.json"] {
      #expect(provenance.contains(part), "\(part)")
    }
    #expect(b.metadata["stm.provenance"]?.contains("s.json") == false)
  }

  @Test(arguments: [
    (["--method", "minmax"], "minmax"), (["--method", "percentile"], "percentile 99.99"),
    (["--method", "percentile", "--percentile", "99.5"], "percentile 99.5"),
    (["--method", "mse"], "mse"), (["--method", "entropy"], "entropy"), ([], "minmax"),
  ])
  func `the report and the model say by which method`(arguments: [String], method: String)
    async throws
  {
    try await calibrate()
    let command =
      ["tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", "--statistics", "s.json"]
      + ["--json"] + arguments
    let run = try await Tool.quantize.run(command, in: folder.path)
    #expect(try run.json["method"] as? String == method)
    let metadata = try SafetensorsFile.read(folder["q.safetensors"]).metadata
    #expect(metadata["stm.provenance"]?.contains(#""method":"\#(method)""#) == true)
  }

  @Test func `a range by hand decides on the scale`() async throws {
    try await calibrate()
    var text = String(decoding: try folder.bytes("s.json"), as: UTF8.self)
    let value = try #require(text.range(of: #""Memory.concatenate" : {"#))
    text.insert(
      contentsOf: #""range": {"minimum": -25.5, "maximum": 25.5},"#, at: value.upperBound)
    try folder.write(Data(text.utf8), as: "s.json")
    try await folder.succeed(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", "--statistics",
      "s.json", "--method", "entropy")
    let scale = try SafetensorsFile.read(folder["q.safetensors"])["Decoder.convFM.input.scale"]
    #expect(try scale?.floats().values == [0.2])
  }

  @Test func `statistics of another model are refused`() async throws {
    try await calibrate()
    let entries = TinyModel.entries().map {
      $0.name == "Decoder.pred2.bias" ? .init($0.name, $0.shape, filledWith: 3) : $0
    }
    try TinyModel.write(entries, to: folder["other.safetensors"])
    try await folder.refuse(
      .quantize, "other.safetensors", "-o", "q.safetensors", "--precision", "int8", "--statistics",
      "s.json", code: 65, naming: ["other.safetensors", "statistics", "stm-quantize calibrate"])
  }

  @Test func `malformed statistics are refused at their place`() async throws {
    try await calibrate()
    let text = String(decoding: try folder.bytes("s.json"), as: UTF8.self)
    try folder.write(Data(text.replacing("log2Width", with: "width").utf8), as: "s.json")
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", "--statistics",
      "s.json", code: 65, naming: ["s.json", "programs.", "histogram.width", "schema.json"])
  }

  @Test func `statistics are held to the limits that are named`() async throws {
    try await calibrate()
    try folder.write(Data(#"{"values": 10}"#.utf8), as: "limits.json")
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", "--statistics",
      "s.json", "--limits", "limits.json", code: 65, naming: ["s.json", "values", "--limits"])
  }

  @Test(arguments: [
    (["--precision", "int8", "--calibrate", "clip", "--limits", "l.json"], "--limits"),
    (["--precision", "int8", "--statistics", "s.json", "--calibrate", "clip"], "--calibrate"),
    (["--precision", "int8", "--statistics", "s.json", "--long-edge", "32"], "--long-edge"),
    (["--precision", "int8", "--statistics", "s.json", "--frames", "2"], "--frames"),
    (["--precision", "fp16", "--statistics", "s.json"], "--statistics"),
    (["--precision", "bf16", "--method", "mse"], "--method"),
    (["--precision", "int8", "--calibrate", "clip", "--method", "best"], "best"),
    (["--precision", "int8", "--calibrate", "clip", "--percentile", "99"], "--percentile"),
    (
      [
        "--precision", "int8", "--calibrate", "clip", "--method", "percentile", "--percentile",
        "101",
      ],
      "101"
    ),
    (
      [
        "--precision", "int8", "--calibrate", "clip", "--method", "percentile", "--percentile", "0",
      ],
      "--percentile"
    ),
  ])
  func `options that do not go together are refused`(arguments: [String], noun: String)
    async throws
  {
    let run = try await Tool.quantize.run(
      ["tiny.safetensors", "-o", "q.safetensors"] + arguments, in: folder.path)
    #expect(run.code == 64)
    #expect(run.errors.contains(noun))
  }

  @Test func `a file of statistics that is not there is refused`() async throws {
    try await folder.refuse(
      .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "int8", "--statistics",
      "no.json", code: 66, naming: ["no.json"])
  }

  @Test func `a calibration without a clip is refused`() async throws {
    try await folder.refuse(
      .quantize, "calibrate", "tiny.safetensors", "-o", "s.json", code: 64, naming: ["clip"])
  }

  @Test func `a clip of one frame is refused`() async throws {
    try folder.writeClip("still", frames: [(32, 32)], mask: (32, 32))
    try await folder.refuse(
      .quantize, "calibrate", "tiny.safetensors", "clip", "still", "-o", "s.json", code: 65,
      naming: ["still/frames", "at least 2 frames"])
  }

  @Test func `a clip without an object is refused`() async throws {
    try folder.writeClip("empty", frames: [(32, 32), (32, 32)], mask: (32, 32), id: 0)
    try await folder.refuse(
      .quantize, "calibrate", "tiny.safetensors", "empty", "-o", "s.json", code: 65,
      naming: ["empty/masks", "without an object"])
  }

  @Test func `a model that is quantized already is refused`() async throws {
    let model = try await Sample.models.value.fp16
    try await folder.refuse(
      .quantize, "calibrate", model, "clip", "-o", "s.json", code: 65, naming: ["fp32", "fp16"])
  }

  @Test func `statistics do not replace the model`() async throws {
    try await folder.refuse(
      .quantize, "calibrate", "tiny.safetensors", "clip", "-o", "tiny.safetensors", code: 64,
      naming: ["--output"])
  }

  @Test func `an output that cannot be written is refused before anything is read`() async throws {
    try await folder.refuse(
      .quantize, "calibrate", "no.safetensors", "clip", "-o", "no/s.json", code: 73,
      naming: ["no/s.json"])
  }
}
