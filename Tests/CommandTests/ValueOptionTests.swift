import Foundation
import Safetensors
import Tensors
import Testing

/// What `stm-convert` does about numbers that a trained network should not hold.
@Suite struct ValueOptionTests {
  let folder: Workspace
  private static let kernel = "Decoder.convFM.weight"
  private static let variance = "Encoder_Q.bn1.running_var"

  init() throws {
    folder = try Workspace()
    let entries = try TinyModel.entries(changing: [
      Self.kernel: { _ in 0 }, Self.variance: { $0 == 1 ? 0 : nil },
      "Decoder.pred2.bias": { $0 == 1 ? .nan : nil },
      "Encoder_Q.conv1.weight": { $0 == 7 ? .leastNormalMagnitude / 2 : nil },
    ])
    try TinyModel.write(entries, to: folder["odd.safetensors"])
  }

  @Test func `all are refused in one report, with tensor and index`() async throws {
    try await folder.refuse(
      .convert, "odd.safetensors", "-o", "m.safetensors", code: 65,
      naming: [
        "tensor '\(Self.kernel)'", "found 4 of 4 that are", "the first at channel 0",
        "--allow-zero-channels",
        "tensor '\(Self.variance)': expected positive numbers, found 1 other",
        "0.0 at element 1",
        "tensor 'Decoder.pred2.bias': expected finite numbers, found 1 other", "nan at element 1",
      ])
  }

  @Test func `each is accepted by its own option, which the model and the text tell`() async throws
  {
    let options = [
      "--on-nonfinite", "warn", "--allow-zero-channels", "Decoder.**", "--allow-zero-variances",
      "**.bn1.running_var",
    ]
    for left in stride(from: 0, to: options.count, by: 2) {
      var some = options
      some.removeSubrange(left..<left + 2)
      let run = try await Tool.convert.run(
        ["odd.safetensors", "-o", "m.safetensors"] + some, in: folder.path)
      #expect(run.code == 65, "\(some)")
    }
    let run = try await Tool.convert.run(
      ["odd.safetensors", "-o", "m.safetensors"] + options, in: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    for line in [
      "accepted: 1 non-finite number in 1 tensor, the first 'Decoder.pred2.bias', nan at element 1",
      "accepted: 1 zero variance in 1 tensor, the first '\(Self.variance)', 0.0 at element 1",
      "accepted: 4 all-zero channels in 1 tensor, the first '\(Self.kernel)', channel 0",
      "accepted: 1 denormal number in 1 tensor, the first 'Encoder_Q.conv1.weight', 5.877472e-39 at "
        + "element 7",
    ] {
      #expect(run.output.contains(line + "\n"), "\(run.output)")
    }
    let provenance = try #require(
      try SafetensorsFile.read(folder["m.safetensors"]).metadata["stm.provenance"])
    for setting in [
      #""on-nonfinite":"warn""#, #""allow-zero-channels":"Decoder.**""#,
      #""allow-zero-variances":"**.bn1.running_var""#,
    ] {
      #expect(provenance.contains(setting), "\(provenance)")
    }
  }

  @Test func `an unknown word for what is not finite is refused`() async throws {
    try await folder.refuse(
      .convert, "odd.safetensors", "--dry-run", "--on-nonfinite", "ignore", code: 64,
      naming: ["--on-nonfinite", "ignore"])
  }
}
