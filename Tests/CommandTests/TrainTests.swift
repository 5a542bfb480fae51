import Foundation
import Testing

@Suite struct TrainTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private var images: [String] { ["images", "--images", "images", "--masks", "masks"] }

  /// Trains with `options`, which must succeed.
  @discardableResult
  private func train(
    _ options: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Run {
    let run = try await Tool.train.run(options + TrainingFiles.short, in: folder.path)
    #expect(run.code == 0, "\(run.errors)", sourceLocation: sourceLocation)
    return run
  }

  @Test func `training on images lowers the loss, and the result segments`() async throws {
    try folder.writeImages()
    let run = try await train(
      images + TrainingFiles.scratch + [
        "--steps", "12", "--learning-rate", "0.01", "--run", "run", "--json", "-o",
        "m.safetensors",
      ])
    let losses = try folder.losses("run/metrics.jsonl")
    try #require(losses.count == 12)
    #expect(losses[8...].reduce(0, +) < 0.8 * losses[..<4].reduce(0, +), "\(losses)")
    #expect(try run.json["steps"] as? Int == 12)
    try folder.writeMovingSquare("clip")
    try await folder.succeed(.segment, "m.safetensors", "--clip", "clip", "-o", "out")
  }

  @Test func `training on videos goes on from a model`() async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    try await train(images + TrainingFiles.scratch + ["--steps", "1", "-o", "m.safetensors"])
    try await train([
      "video", "m.safetensors", "--clips", "clips", "--steps", "2", "-o", "n.safetensors",
    ])
    #expect(try folder.bytes("m.safetensors") != folder.bytes("n.safetensors"))
  }

  @Test func `the same seed gives the same weights, whatever the threads and checkpoints`()
    async throws
  {
    try folder.writeImages()
    let common =
      images + TrainingFiles.scratch + ["--steps", "2", "--size", "32x32", "--batch", "2"]
    for (name, options) in [
      ("a", ["--threads", "1"]), ("b", ["--threads", "2"]),
      ("c", ["--threads", "2", "--checkpoint-stages"]), ("d", ["--threads", "1", "--seed", "2"]),
    ] {
      let run = try await Tool.train.run(
        common + options + ["-o", "\(name).safetensors"], in: folder.path)
      #expect(run.code == 0, "\(run.errors)")
    }
    let first = try folder.bytes("a.safetensors")
    #expect(try folder.bytes("b.safetensors") == first)
    #expect(try folder.bytes("c.safetensors") == first)
    #expect(try folder.bytes("d.safetensors") != first)
  }

  @Test func `a run keeps a line for each step, a page, checkpoints and a report`() async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    try await train(
      images + TrainingFiles.scratch + [
        "--steps", "4", "--run", "run", "--checkpoint-every", "2", "--validate", "clips",
        "--validate-every", "2", "--average", "0.9", "--clip-gradients", "1", "-o",
        "m.safetensors",
      ])
    let files = try folder.files
    for name in ["run/metrics.jsonl", "run/curves.html", "run/report.json"] {
      #expect(files.contains(name), "\(files)")
    }
    #expect(files.contains { $0.hasPrefix("run/checkpoints/") })
    #expect(try folder.losses("run/metrics.jsonl").count == 4)
    let lines = String(decoding: try folder.bytes("run/metrics.jsonl"), as: UTF8.self)
    let events = lines.split(separator: "\n").map { $0.contains("validation") ? "v" : "s" }
    #expect(events == ["v", "s", "s", "v", "s", "s", "v"])
  }

  @Test(arguments: [["--precision", "bf16"], ["--optimizer", "adamw", "--schedule", "cosine"]])
  func `other arithmetic and optimizers train, too`(options: [String]) async throws {
    try folder.writeImages()
    try await train(
      images + TrainingFiles.scratch + options + ["--steps", "2", "-o", "m.safetensors"])
  }

  @Test(arguments: [
    ([], 1e-5),
    (
      [
        "--quantize", "plan.json", "--statistics", "s.json", "--learned-statistics", "learned.json",
      ], 1e-2
    ),
  ])
  func `steps in fp32 have the losses of plain loops in fp64`(
    options: [String], tolerance: Double
  ) async throws {
    try await writeModelAndPlan()
    var losses: [[Double]] = []
    for precision in ["fp32", "fp64"] {
      try await train(
        ["video", "m.safetensors", "--clips", "clips", "--steps", "3"] + TrainingFiles.short
          + options + ["--precision", precision, "--run", precision, "-o", "n.safetensors"])
      losses.append(try folder.losses("\(precision)/metrics.jsonl"))
    }
    #expect(losses[0].count == 3)
    #expect(losses[0] != losses[1])
    #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) <= tolerance * $1 }, "\(losses)")
  }

  /// Writes a network `m.safetensors`, a clip for it in `clips`, a plan `plan.json` that has
  /// everything in int8, and what calibration saw as `s.json`.
  private func writeModelAndPlan() async throws {
    try folder.writeImages()
    try folder.writeMovingSquare("clips/square")
    try folder.write(Data(#"{"standard": "int8"}"#.utf8), as: "plan.json")
    try await train(
      images + TrainingFiles.scratch + [
        "--batch-norm", "frozen", "--steps", "1", "-o", "m.safetensors",
      ])
    try await folder.succeed(
      .quantize, "calibrate", "m.safetensors", "clips/square", "-o", "s.json")
  }

  @Test func `a network that is trained through a plan's rounding quantizes by its own ranges`()
    async throws
  {
    try await writeModelAndPlan()
    try await train([
      "video", "m.safetensors", "--clips", "clips", "--steps", "2", "--quantize", "plan.json",
      "--statistics", "s.json", "--learned-statistics", "learned.json", "--learning-rate", "0.01",
      "--average", "0.5", "-o", "n.safetensors",
    ])
    #expect(try folder.bytes("learned.json") != folder.bytes("s.json"))
    let run = try await folder.run(
      .quantize, "n.safetensors", "-o", "q.safetensors", "--plan", "plan.json", "--statistics",
      "learned.json", "--rounding", "nearest", "--bias-correction", "none")
    #expect(run.code == 0, "\(run.errors)")
    try await folder.succeed(.segment, "q.safetensors", "--clip", "clips/square", "-o", "out")
  }
}

extension Workspace {
  /// The losses of the steps in the metrics `name`.
  func losses(_ name: String) throws -> [Double] {
    try String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n").compactMap { line in
      let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return value?["loss"] as? Double
    }
  }
}
