import Foundation
import Testing

@Suite struct TrainFailureTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  @Test func `a loss that is not finite ends the run, which goes on from the checkpoint before`()
    async throws
  {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("whole", "whole.safetensors"))
    try await folder.train(TrainingFiles.run("run", "a.safetensors", steps: 2))
    let run = try await Tool.train.run(
      TrainingFiles.run("run", "a.safetensors") + [
        "--resume", "--learning-rate", "1e30", "--checkpoint-every", "1",
      ], in: folder.path)
    #expect(run.code == 65, "\(run.errors)")
    for noun in [
      "step 4: ", "is not finite",
      "the last good checkpoint is 'run/checkpoints/step-00000002.safetensors'",
      "hint: add --resume, and a lower --learning-rate",
    ] {
      #expect(run.errors.contains(noun), "\(run.errors)")
    }
    #expect(try !folder.files.contains("run/checkpoints/step-00000003.safetensors"))
    #expect(
      String(decoding: try folder.bytes("run/report.json"), as: UTF8.self)
        .contains(#""outcome" : "interrupted""#))
    try await folder.train(TrainingFiles.run("run", "run.safetensors") + ["--resume"])
    #expect(
      try folder.losses("run/metrics.jsonl").count == folder.losses("whole/metrics.jsonl").count)
  }

  @Test func `numbers that a step makes infinite are not saved`() async throws {
    try folder.writeImages()
    let run = try await Tool.train.run(
      TrainingFiles.run("run", "a.safetensors", steps: 2) + ["--learning-rate", "1e300"],
      in: folder.path)
    #expect(run.code == 65, "\(run.errors)")
    #expect(run.errors.contains("step 1: '"), "\(run.errors)")
    #expect(try folder.files.allSatisfy { !$0.hasSuffix("safetensors") })
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

  @Test func `a picture that cannot be read ends a run, which goes on when it was mended`()
    async throws
  {
    try folder.writeImages()
    try await folder.train(TrainingFiles.run("whole", "whole.safetensors"))
    let picture = try folder.bytes("images/1.png")
    try folder.write(picture.prefix(picture.count - 40), as: "images/1.png")
    let run = try await Tool.train.run(
      TrainingFiles.run("half", "half.safetensors"), in: folder.path)
    #expect(run.code == 65)
    #expect(run.errors.contains("images/1.png"), "\(run.errors)")
    let saved = try #require(run.errors.firstMatch(of: /saved after step (\d) of 8/))
    let last = "half/checkpoints/step-0000000\(saved.output.1).safetensors"
    #expect(try folder.files.contains(last))
    try folder.write(picture, as: "images/1.png")
    try await folder.refuse(
      .train, TrainingFiles.run("half", "half.safetensors") + ["--resume"], code: 65,
      naming: ["files.bytes: expected", "--allow-other-files"])
    try await folder.train(
      TrainingFiles.run("half", "half.safetensors") + ["--resume", "--allow-other-files"])
    #expect(try folder.bytes("half.safetensors") == folder.bytes("whole.safetensors"))
  }
}
