import Foundation
import Tensors
import Testing

@Suite struct CheckPrecisionTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["tiny.safetensors"])
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    try TinyModel.write(
      TinyModel.entries().map {
        $0.name == "Decoder.pred2.weight" ? .init($0.name, $0.shape, filledWith: 70000) : $0
      }, to: folder["odd.safetensors"])
  }

  @Test func `a weight beyond fp16 fails the gate, and the options that are given repair it`()
    async throws
  {
    let run = try await folder.run(
      .quantize, "check", "odd.safetensors", "--precision", "fp16", "--report", "r.json")
    #expect(run.code == 1 && run.errors == "")
    let advice = "--precision fp16 --keep 'Decoder.pred2=fp32'"
    #expect(run.output.contains("quantize with: \(advice)\n"))
    #expect(run.output.contains("overflows fp16: weights 'Decoder.pred2.weight'"))
    #expect(run.output.hasSuffix("verdict: fail\n"))
    let report = try JSONSerialization.jsonObject(with: try folder.bytes("r.json"))
    #expect((report as? [String: Any])?["verdict"] as? String == "fail")
    try await folder.succeed(
      .quantize, "check", "odd.safetensors", "--precision", "fp16", "--keep",
      "Decoder.pred2=fp32", "--quiet")
    try await folder.succeed(
      .quantize, "odd.safetensors", "-o", "q.safetensors", "--precision", "fp16", "--keep",
      "Decoder.pred2=fp32")
  }

  @Test func `clips are named, and the report does not depend on threads`() async throws {
    let reports = try await ["1", "2"].asyncMap { threads in
      let run = try await folder.run(
        .quantize, "check", "tiny.safetensors", "--precision", "bf16", "--clip", "clip",
        "--threads", threads, "--json")
      #expect(run.code == 0)
      return run.output
    }
    #expect(reports[0] == reports[1])
    #expect(reports[0].contains(#""name" : "clip""#))
  }

  @Test(arguments: [
    (["--precision", "w8"], "fp16 or bf16"), ([], "--precision"),
    (["--precision", "fp16", "--frames", "3"], "--clip"),
    (["--precision", "fp16", "--report", "tiny.safetensors"], "--report"),
  ])
  func `command lines that ask for nothing are refused`(arguments: [String], noun: String)
    async throws
  {
    let run = try await Tool.quantize.run(
      ["check", "tiny.safetensors"] + arguments, in: folder.path)
    #expect(run.code == 64)
    #expect(run.errors.contains(noun), "\(run.errors)")
  }

  @Test func `clips of no frame, of one frame and without an object are refused`() async throws {
    try folder.writeClip("none", frames: [], mask: (32, 32))
    try folder.writeClip("still", frames: [(32, 32)], mask: (32, 32))
    try folder.writeClip("empty", frames: [(32, 32), (32, 32)], mask: (32, 32), id: 0)
    for (clip, code, noun) in [
      ("none", Int32(66), "none/frames"), ("still", 65, "at least 2 frames"),
      ("empty", 65, "without an object"),
    ] {
      try await folder.refuse(
        .quantize, "check", "tiny.safetensors", "--precision", "fp16", "--clip", clip, code: code,
        naming: [noun])
      try await folder.refuse(
        .quantize, "tiny.safetensors", "-o", "q.safetensors", "--precision", "w8",
        "--bias-correction", "empirical", "--calibrate", clip, code: code, naming: [noun])
    }
  }

  @Test func `weights that are no numbers are refused`() async throws {
    try TinyModel.write(
      TinyModel.entries().map {
        $0.name == "KV_M_r4.Key.weight" ? .init($0.name, $0.shape, filledWith: .nan) : $0
      }, to: folder["nan.safetensors"])
    try await folder.refuse(
      .quantize, "check", "nan.safetensors", "--precision", "fp16", code: 65,
      naming: ["nan.safetensors", "KV_M_r4.Key.weight", "finite"])
    try await folder.refuse(
      .quantize, "calibrate", "nan.safetensors", "clip", "-o", "s.json", code: 65,
      naming: ["nan.safetensors", "KV_M_r4.Key.weight", "finite"])
    try await folder.refuse(
      .quantize, "nan.safetensors", "-o", "q.safetensors", "--precision", "w8",
      "--bias-correction", "empirical", "--calibrate", "clip", code: 65,
      naming: ["nan.safetensors", "KV_M_r4.Key.weight", "finite"])
  }

  @Test func `values that are not finite are refused by name, and found by the check`() async throws
  {
    try TinyModel.write(
      TinyModel.entries().map {
        $0.name == "Encoder_Q.res2.0.bn1.weight" ? .init($0.name, $0.shape, filledWith: 3e38) : $0
      }, to: folder["odd.safetensors"])
    for (precision, option) in [("int8", "--quiet"), ("w8", "--bias-correction=empirical")] {
      let error = try await folder.refuse(
        .quantize, "odd.safetensors", "-o", "q.safetensors", "--precision", precision, option,
        "--calibrate", "clip", code: 65, naming: ["'query'", "expected finite elements"])
      #expect(error.contains("stm-quantize check"))
    }
    let run = try await folder.run(
      .quantize, "check", "odd.safetensors", "--precision", "bf16", "--clip", "clip")
    #expect(run.code == 1)
    #expect(run.output.contains("not finite in fp32: result 'Encoder_Q.res2.0"))
    #expect(run.output.contains("the first that is not finite: 'Encoder_Q.res2.0"))
  }

  @Test func `dead channels and biases beyond 32 bits are noted when they are written`()
    async throws
  {
    try TinyModel.write(
      TinyModel.entries().map { entry in
        switch entry.name {
        case "Decoder.convFM.weight": .init(entry.name, entry.shape)
        case "Decoder.pred2.bias": .init(entry.name, entry.shape, filledWith: 1e25)
        default: entry
        }
      }, to: folder["odd.safetensors"])
    let text = try await folder.succeed(
      .quantize, "odd.safetensors", "-o", "q.safetensors", "--precision", "int8", "--calibrate",
      "clip"
    ).output
    #expect(
      text.contains(
        "note: layer 'Decoder.convFM': 4 channels: kernels of zeros, results are biases: 0, 1, 2, 3"
      ))
    #expect(text.contains("note: layer 'Decoder.pred2': 2 channels: biases beyond 32 bits"))
  }
}

extension Array {
  /// What `transform` makes of each element, one after another.
  fileprivate func asyncMap<Value>(
    _ transform: (Element) async throws -> Value
  ) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
