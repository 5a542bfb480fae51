import Foundation
import Safetensors
import Tensors
import Testing

@Suite struct TrainResumeTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// Options under which what a checkpoint must hold differs.
  enum Way: String, CaseIterable {
    case frozen, bf16, adamW, quantized, video
  }

  @Test(arguments: Way.allCases)
  func `a killed run comes to the same weights in every way of training`(_ way: Way) async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    let options = try await options(way)
    try await folder.train(options + ["--run", "whole", "-o", "whole.safetensors"])
    let half = options + ["--run", "half", "-o", "half.safetensors"]
    let code = try folder.interrupt(
      .train, half, once: "half/checkpoints/step-00000002.safetensors", with: SIGKILL)
    #expect(code == nil)
    try await folder.train(half + ["--resume"])
    #expect(try folder.bytes("half.safetensors") == folder.bytes("whole.safetensors"))
    #expect(try folder.bytes("half/metrics.jsonl") == folder.bytes("whole/metrics.jsonl"))
  }

  private func options(_ way: Way) async throws -> [String] {
    let images = ["images", "--images", "images", "--masks", "masks"]
    let steps = TrainingFiles.short + ["--steps", "6", "--checkpoint-every", "1", "--quiet"]
    switch way {
    case .frozen: return images + TrainingFiles.scratch + steps + ["--batch-norm", "frozen"]
    case .bf16: return images + TrainingFiles.scratch + steps + ["--precision", "bf16"]
    case .adamW:
      return images + TrainingFiles.scratch + steps + ["--optimizer", "adamw", "--average", "0.9"]
    case .video:
      return ["video", "--clips", "clips", "--max-skip", "1"] + TrainingFiles.scratch + steps
    case .quantized:
      try await folder.train(
        images + TrainingFiles.scratch + TrainingFiles.short + [
          "--batch-norm", "frozen", "--steps", "1", "--quiet", "-o", "m.safetensors",
        ])
      try folder.write(Data(#"{"standard": "int8"}"#.utf8), as: "plan.json")
      try await folder.succeed(
        .quantize, "calibrate", "m.safetensors", "clips/square", "-o", "s.json")
      return ["video", "m.safetensors", "--clips", "clips", "--max-skip", "1"] + steps + [
        "--quantize", "plan.json", "--statistics", "s.json", "--learned-statistics", "l.json",
      ]
    }
  }

  @Test(arguments: [
    (SIGKILL, "half/checkpoints"), (SIGKILL, "half/checkpoints/step-00000004.safetensors"),
    (SIGINT, "half/checkpoints/step-00000002.safetensors"),
  ])
  func `a run that was stopped comes to the same weights when it is resumed`(
    _ signal: Int32, _ sign: String
  ) async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("whole", "whole.safetensors"))
    let code = try folder.interrupt(
      .train, TrainingFiles.run("half", "half.safetensors"), once: sign, with: signal)
    #expect(code == (signal == SIGINT ? 130 : nil))
    #expect(try !folder.files.contains("half.safetensors"))
    try await folder.train(TrainingFiles.run("half", "half.safetensors") + ["--resume"])
    #expect(try folder.bytes("half.safetensors") == folder.bytes("whole.safetensors"))
    #expect(
      try folder.losses("half/metrics.jsonl") == folder.losses("whole/metrics.jsonl"))
  }

  @Test func `a finished run is resumed to the same weights`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2))
    try await folder.train(TrainingFiles.run("run", "b.safetensors", steps: 2) + ["--resume"])
    #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
  }

  @Test func `a checkpoint of another model is refused`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2))
    try await folder.refuse(
      .train, TrainingFiles.run("run", "b.safetensors", steps: 2) + ["--resume", "--seed", "2"],
      code: 65,
      naming: ["run/checkpoints"])
  }

  @Test func `a run that has taken more steps than are asked for is refused`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 4))
    try await folder.refuse(
      .train, TrainingFiles.run("run", "b.safetensors", steps: 2) + ["--resume"], code: 64,
      naming: ["--steps: expected at least the 4 that the run has taken, found 2", "--steps 4"])
  }

  @Test func `a run does not go on with other pictures`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2))
    try folder.writeImages(4)
    try await folder.refuse(
      .train, TrainingFiles.run("run", "b.safetensors", steps: 2) + ["--resume"], code: 65,
      naming: ["files.count: expected 8, found 6"])
  }

  @Test func `a run goes on with other pictures where that is allowed`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2))
    try folder.writeImages(4)
    try await folder.train(
      TrainingFiles.run("run", "b.safetensors", steps: 4) + ["--resume", "--allow-other-files"])
    #expect(try folder.losses("run/metrics.jsonl").count == 4)
  }

  @Test func `a log that is damaged behind the last checkpoint is cut off there`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("whole", "whole.safetensors"))
    try await folder.train(TrainingFiles.run("half", "a.safetensors", steps: 4))
    let log = try folder.bytes("half/metrics.jsonl")
    try folder.write(log + Data("\0\0\0\0\n".utf8), as: "half/metrics.jsonl")
    try await folder.refuse(
      .train, TrainingFiles.run("half", "b.safetensors") + ["--resume", "--seed", "2"], code: 65,
      naming: ["seed: expected 2, found 1"])
    try await folder.train(TrainingFiles.run("half", "half.safetensors") + ["--resume"])
    #expect(
      try folder.losses("half/metrics.jsonl").count == folder.losses("whole/metrics.jsonl").count)
  }

  @Test(arguments: ["half/metrics.jsonl", "half/checkpoints/step-00000000.safetensors"])
  func `a run that was stopped before a validation makes up for it`(_ sign: String) async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    let validation = ["--validate", "clips", "--validate-every", "1", "--patience", "9"]
    try await folder.train(TrainingFiles.run("whole", "whole.safetensors") + validation)
    let code = try folder.interrupt(
      .train, TrainingFiles.run("half", "half.safetensors") + validation,
      once: sign, with: SIGINT)
    #expect(code == 130)
    try await folder.train(
      TrainingFiles.run("half", "half.safetensors") + validation + ["--resume"])
    #expect(try folder.bytes("half.safetensors") == folder.bytes("whole.safetensors"))
    #expect(
      try folder.bytes("half/metrics.jsonl") == folder.bytes("whole/metrics.jsonl"))
  }

  @Test func `a run that was stopped while it saved leaves what one at one go leaves`() async throws
  {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    let options = neverBetter(patience: 4)
    try await folder.train(options)
    let files = try folder.files.filter { $0.hasPrefix("run/") && $0.contains(".") }
    let whole = try files.map { try folder.bytes($0) }
    let last = "run/checkpoints/step-00000004.safetensors"
    try folder.write(try folder.bytes(last), as: "run/checkpoints/step-00000001.safetensors")
    let checkpoint = try SafetensorsFile.read(folder[last])
    let header = try #require(checkpoint.metadata["stm.training"])
    #expect(header.contains(#""since":4"#))
    try SafetensorsFile.write(
      TensorArchive(
        checkpoint.entries,
        metadata: [
          "stm.training": header.replacingOccurrences(of: #""since":4"#, with: #""since":3"#)
        ]),
      to: folder[last])
    try await folder.train(options + ["--resume"])
    #expect(try folder.files.filter { $0.hasPrefix("run/") && $0.contains(".") } == files)
    for (name, bytes) in zip(files, whole) { #expect(try folder.bytes(name) == bytes, "\(name)") }
  }

  @Test func `a run is not overwritten unless it is resumed`() async throws {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2))
    try await folder.refuse(
      .train, TrainingFiles.run("run", "a.safetensors", steps: 2), code: 73,
      naming: ["run", "--resume"])
  }

  @Test func `a run that may stop early does not go on with other clips to be scored on`()
    async throws
  {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    let validation = ["--validate", "clips", "--patience", "9"]
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2) + validation)
    try folder.writeMovingSquare("clips/other", frames: 4)
    try await folder.refuse(
      .train, TrainingFiles.run("run", "b.safetensors", steps: 4) + validation + ["--resume"],
      code: 65,
      naming: ["validation.files.count: expected 18, found 10"])
  }

  @Test func `a run that ends early is the best of its networks, and ends again when resumed`()
    async throws
  {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    let options = neverBetter(patience: 2)
    try await folder.train(options)
    #expect(try folder.losses("run/metrics.jsonl").count == 2)
    #expect(
      String(decoding: try folder.bytes("run/report.json"), as: UTF8.self)
        .contains(#""outcome" : "stoppedEarly""#))
    let first = try folder.bytes("a.safetensors")
    try await folder.train(options + ["--resume"])
    #expect(try folder.losses("run/metrics.jsonl").count == 2)
    #expect(try folder.bytes("a.safetensors") == first)
  }

  /// A training that ends after `patience` steps, since no score is better than the first.
  private func neverBetter(patience: Int) -> [String] {
    TrainingFiles.run("run", "a.safetensors") + [
      "--validate", "clips", "--validate-every", "1", "--patience", "\(patience)",
      "--learning-rate", "1e-12", "--batch-norm", "frozen",
    ]
  }
}
