import Foundation
import Testing

@Suite struct TrainResumeTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private func options(_ run: String, _ output: String, steps: Int = 8) -> [String] {
    ["images", "--images", "images", "--masks", "masks"] + TrainingFiles.scratch
      + TrainingFiles.short + [
        "--steps", "\(steps)", "--average", "0.9", "--schedule", "polynomial", "--warm-up", "1",
        "--learning-rate", "0.001", "--run", run, "--checkpoint-every", "2", "--quiet", "-o",
        output,
      ]
  }

  private func train(_ options: [String]) async throws {
    let run = try await Tool.train.run(options, in: folder.path)
    #expect(run.code == 0, "\(run.errors)")
  }

  @Test(arguments: [
    (SIGKILL, "half/checkpoints"), (SIGKILL, "half/checkpoints/step-00000004.safetensors"),
    (SIGINT, "half/checkpoints/step-00000002.safetensors"),
  ])
  func `a run that was stopped comes to the same weights when it is resumed`(
    _ signal: Int32, _ sign: String
  ) async throws {
    try folder.writeImages()
    try await train(options("whole", "whole.safetensors"))
    let code = try folder.interrupt(
      .train, options("half", "half.safetensors"), once: sign, with: signal)
    #expect(code == (signal == SIGINT ? 130 : nil))
    #expect(try !folder.files.contains("half.safetensors"))
    try await train(options("half", "half.safetensors") + ["--resume"])
    #expect(try folder.bytes("half.safetensors") == folder.bytes("whole.safetensors"))
    #expect(
      try folder.losses("half/metrics.jsonl") == folder.losses("whole/metrics.jsonl"))
  }

  @Test func `a finished run is resumed to the same weights`() async throws {
    try folder.writeImages()
    try await train(options("run", "a.safetensors", steps: 2))
    try await train(options("run", "b.safetensors", steps: 2) + ["--resume"])
    #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
  }

  @Test func `a checkpoint of another model is refused`() async throws {
    try folder.writeImages()
    try await train(options("run", "a.safetensors", steps: 2))
    try await folder.refuse(
      .train, options("run", "b.safetensors", steps: 2) + ["--resume", "--seed", "2"], code: 65,
      naming: ["run/checkpoints"])
  }

  @Test func `a run that has taken more steps than are asked for is refused`() async throws {
    try folder.writeImages()
    try await train(options("run", "a.safetensors", steps: 4))
    try await folder.refuse(
      .train, options("run", "b.safetensors", steps: 2) + ["--resume"], code: 64,
      naming: ["--steps: expected at least the 4 that the run has taken, found 2", "--steps 4"])
  }

  @Test func `a run does not go on with other pictures`() async throws {
    try folder.writeImages()
    try await train(options("run", "a.safetensors", steps: 2))
    try folder.writeImages(4)
    try await folder.refuse(
      .train, options("run", "b.safetensors", steps: 2) + ["--resume"], code: 65,
      naming: ["files.count: expected 8, found 6"])
  }

  @Test func `a run that was stopped before a validation makes up for it`() async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    let validation = ["--validate", "clips", "--validate-every", "1", "--patience", "9"]
    try await train(options("whole", "whole.safetensors") + validation)
    let code = try folder.interrupt(
      .train, options("half", "half.safetensors") + validation,
      once: "half/checkpoints/step-00000000.safetensors", with: SIGINT)
    #expect(code == 130)
    try await train(options("half", "half.safetensors") + validation + ["--resume"])
    #expect(try folder.bytes("half.safetensors") == folder.bytes("whole.safetensors"))
    #expect(
      try folder.bytes("half/metrics.jsonl") == folder.bytes("whole/metrics.jsonl"))
  }

  @Test func `a run is not overwritten unless it is resumed`() async throws {
    try folder.writeImages()
    try await train(options("run", "a.safetensors", steps: 2))
    try await folder.refuse(
      .train, options("run", "a.safetensors", steps: 2), code: 73,
      naming: ["run", "--resume"])
  }

  @Test func `a loss that is not finite stops the run, which keeps its last good checkpoint`()
    async throws
  {
    try folder.writeImages()
    let run = try await Tool.train.run(
      options("run", "a.safetensors") + ["--learning-rate", "1e30", "--checkpoint-every", "1"],
      in: folder.path)
    #expect(run.code == 65, "\(run.errors)")
    for noun in ["step 2: ", "is not finite", "the last good checkpoint is 'run/checkpoints/"] {
      #expect(run.errors.contains(noun), "\(run.errors)")
    }
    #expect(try !folder.files.contains("a.safetensors"))
    #expect(try folder.files.contains { $0.hasPrefix("run/checkpoints/") })
  }

  @Test func `the first layer that is not finite is named`() async throws {
    try folder.writeMovingSquare("clips/square")
    try TinyModel.write(
      try TinyModel.entries(changing: ["Decoder.convFM.weight": { _ in 3e38 }]),
      to: folder["m.safetensors"])
    try await folder.refuse(
      .train,
      ["video", "m.safetensors", "--clips", "clips", "-o", "n.safetensors"]
        + TrainingFiles.short, code: 65,
      naming: ["step 1: ", "the loss of 'square ", "'Decoder.convFM'"])
  }
}
