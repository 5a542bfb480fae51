import Foundation
import Images
import Testing

@Suite struct TrainRefusalTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  private static let images =
    ["images", "--images", "images", "--masks", "masks", "-o", "m.safetensors"]
    + TrainingFiles.short

  @Test(arguments: [
    (
      ["images", "-o", "o", "--images", "i", "--masks", "m"],
      ["MODEL", "--from-scratch", "neither"]
    ),
    (["images", "m", "--from-scratch", "-o", "o", "--images", "i", "--masks", "m"], ["both"]),
    (["images", "m", "-o", "o"], ["--images", "--cutouts", "neither"]),
    (["images", "m", "-o", "o", "--images", "i"], ["--masks"]),
    (["images", "m", "-o", "o", "--cutouts", "i"], ["--backgrounds"]),
    (
      [
        "images", "m", "-o", "o", "--images", "i", "--masks", "m", "--cutouts", "c",
        "--backgrounds", "b",
      ], ["--images", "--cutouts", "both"]
    ),
    (["video", "m", "-o", "o"], ["--clips"]),
    (["video", "m", "-o", "o", "--clips", "c", "--trunk-width", "4"], ["--trunk-width", "m"]),
    (["video", "m", "-o", "o", "--clips", "c", "--size", "33x32"], ["--size", "33x32"]),
    (["video", "m", "-o", "o", "--clips", "c", "--steps", "0"], ["--steps", "0"]),
    (["video", "m", "-o", "o", "--clips", "c", "--batch", "0"], ["--batch", "0"]),
    (["video", "m", "-o", "o", "--clips", "c", "--learning-rate", "0"], ["--learning-rate"]),
    (["video", "m", "-o", "o", "--clips", "c", "--average", "1"], ["--average", "1"]),
    (["video", "m", "-o", "o", "--clips", "c", "--power", "1"], ["--power", "constant"]),
    (["video", "m", "-o", "o", "--clips", "c", "--resume"], ["--resume", "--run"]),
    (["video", "m", "-o", "o", "--clips", "c", "--patience", "2"], ["--patience", "--validate"]),
    (
      ["video", "m", "-o", "o", "--clips", "c", "--validate", "c", "--patience", "2"],
      ["--patience", "--run"]
    ),
    (
      ["video", "--from-scratch", "--like", "m", "--blocks", "1,1,1", "-o", "o", "--clips", "c"],
      ["--blocks", "--like"]
    ),
    (["video", "m", "-o", "m", "--clips", "c"], ["--output", "m"]),
  ])
  func `a command line that makes no sense is refused`(
    _ arguments: [String], _ nouns: [String]
  ) async throws {
    try await folder.refuse(.train, arguments, code: 64, naming: nouns)
  }

  @Test func `folders without pictures are refused`() async throws {
    for name in ["images", "masks"] {
      try FileManager.default.createDirectory(
        atPath: folder[name], withIntermediateDirectories: true)
    }
    try await folder.refuse(
      .train, Self.images + TrainingFiles.scratch, code: 66, naming: ["images"])
  }

  @Test func `a folder that is not there is refused`() async throws {
    try await folder.refuse(
      .train, Self.images + TrainingFiles.scratch, code: 66, naming: ["images"])
  }

  @Test func `masks without objects are refused`() async throws {
    try folder.writeImages(1)
    let size = ImageSize(width: 48, height: 48)
    try ImageFile.writeMask(
      MaskImage(
        size: size, values: [UInt8](repeating: 0, count: size.pixelCount), palette: .objects),
      to: folder["masks/0.png"])
    try await folder.refuse(
      .train, Self.images + TrainingFiles.scratch, code: 65, naming: ["masks", "object"])
  }

  @Test func `a model that is not in fp32 is refused`() async throws {
    try TinyModel.write(to: folder["m.safetensors"])
    try await folder.succeed(
      .quantize, "m.safetensors", "-o", "half.safetensors", "--precision", "fp16")
    try folder.writeImages(1)
    try await folder.refuse(
      .train, ["images", "half.safetensors"] + Self.images.dropFirst(), code: 65,
      naming: ["half.safetensors", "fp32"])
  }

  @Test func `an output in a folder that is not there is refused before anything is read`()
    async throws
  {
    try await folder.refuse(
      .train,
      [
        "images", "--images", "images", "--masks", "masks", "-o", "none/m.safetensors",
      ] + TrainingFiles.scratch, code: 73, naming: ["none/m.safetensors"])
  }

  @Test func `clips for validation without masks behind the first are refused`() async throws {
    try folder.writeImages(1)
    try folder.writeClip("clips/one", frames: [(32, 32), (32, 32), (32, 32)], mask: (32, 32))
    try await folder.refuse(
      .train, Self.images + TrainingFiles.scratch + ["--validate", "clips"], code: 64,
      naming: ["--validate", "one"])
  }
}
