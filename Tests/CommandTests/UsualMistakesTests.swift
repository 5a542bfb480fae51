import Foundation
import Images
import Tensors
import Testing

/// What people usually get wrong, each answered by an error whose hint, taken at its word,
/// succeeds.
///
/// What is done next comes out of the hint's own text. Every mistake and its answer stand in
/// `Sources/Guide.docc/UsualMistakes.md` as they are here.
@Suite struct UsualMistakesTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    for file in ["memorize", "query", "decode"] {
      try copy("torchscript-17-unfolded/\(file).onnx", to: "exports/\(file).onnx")
    }
    try copy("pytorch-checkpoint/stm.pth", to: "checkpoint.pth")
    try copy("torchvision/resnet.pth", to: "resnet50.pth")
    try TinyModel.write(to: folder["stm.safetensors"])
    try folder.writeClip("dog", frames: [(32, 32), (32, 32)], mask: (32, 32))
  }

  /// Copies a real exporter's file to `name`.
  private func copy(_ file: String, to name: String) throws {
    let target = URL(fileURLWithPath: folder[name])
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: "\(repository)/Tests/MappingTests/Fixtures/exporters/\(file)"),
      to: target)
  }

  /// A command line that was refused, and what its hint says.
  private struct Refusal {
    let line: String
    let hint: String

    /// What stands behind `words` in the hint, to its end or the next semicolon; a question's mark
    /// is none of it.
    func literal(_ words: String) throws -> String {
      let start = try #require(hint.range(of: words), "\(hint)").upperBound
      let clause = hint[start...].components(separatedBy: "; ")[0]
      return clause.hasSuffix("?") ? String(clause.dropLast()) : clause
    }

    /// The line with what the hint says behind `words` in place of `mistake`.
    func replacing(_ mistake: String, by words: String) throws -> String {
      try #require(line.components(separatedBy: mistake).count == 2)
      return line.replacing(mistake, with: try literal(words))
    }

    /// The line with what the hint says behind `words` added to it.
    func adding(_ words: String) throws -> String { "\(line) \(try literal(words))" }
  }

  /// Runs `line`, which must be refused with `code`, as the page of mistakes shows, and leave
  /// everything as it was.
  private func refusal(
    of line: String, code: Int32, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Refusal {
    let before = try folder.files
    let run = try folder.run(line)
    #expect(run.code == code, "\(run.errors)", sourceLocation: sourceLocation)
    let page = try String(
      contentsOfFile: "\(repository)/Sources/Guide.docc/UsualMistakes.md", encoding: .utf8)
    let shown = "$ \(line)\n\(run.errors)".replacing(folder.path, with: "/home/me")
    #expect(page.contains(shown), "\(shown)", sourceLocation: sourceLocation)
    #expect(try folder.files == before, sourceLocation: sourceLocation)
    let last = try #require(run.errors.split(separator: "\n").last).split(
      separator: "hint: ", omittingEmptySubsequences: false)
    try #require(last.count == 2 && last[0] == "", sourceLocation: sourceLocation)
    return Refusal(line: line, hint: String(last[1]))
  }

  /// Runs `lines` one after another, each of which must succeed.
  private func succeed(
    _ lines: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for line in lines {
      let run = try folder.run(line)
      #expect(run.code == 0, "\(line)\n\(run.errors)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Exports

  @Test func `one file is named of an export of three`() throws {
    let refusal = try refusal(of: "stm-convert exports/memorize.onnx -o new.safetensors", code: 65)
    try succeed(try refusal.adding("beside are: "))
  }

  @Test func `a folder is named in place of the files in it`() throws {
    let refusal = try refusal(of: "stm-convert exports -o new.safetensors", code: 66)
    try succeed(try refusal.replacing("exports", by: "the files in it: "))
  }

  @Test func `the name of a file is misspelled`() throws {
    let refusal = try refusal(
      of:
        "stm-convert exports/memorize.onnx exports/query.onnx exports/decoder.onnx "
        + "-o new.safetensors",
      code: 66)
    try succeed(try refusal.replacing("exports/decoder.onnx", by: "called alike: "))
  }

  @Test func `a checkpoint is given to a tool that takes models`() throws {
    let refusal = try refusal(of: "stm-segment checkpoint.pth --clip dog -o masks", code: 65)
    let convert = try refusal.literal("exported: ")
    let model = try #require(convert.split(separator: " ").last)
    try succeed(convert, refusal.line.replacing("checkpoint.pth", with: model))
  }

  @Test func `a checkpoint holds two networks`() throws {
    let entries = TinyModel.entries()
    let average = try TinyModel.entries(changing: ["Decoder.pred2.bias": { _ in 0.25 }])
    try TinyModel.write(
      entries.map { $0.renamed("net.\($0.name)") } + average.map { $0.renamed("ema.\($0.name)") },
      to: folder["averaged.safetensors"])
    let refusal = try refusal(of: "stm-convert averaged.safetensors -o new.safetensors", code: 65)
    try succeed(try refusal.adding("all but one: "))
  }

  @Test func `a checkpoint holds an optimizer beside the network, which is no mistake`() throws {
    try succeed("stm-convert checkpoint.pth -o new.safetensors")
    let map = try folder.run("stm-convert map checkpoint.pth").output
    #expect(map.contains("checkpoint.pth: the optimizer's state"), "\(map)")
  }

  @Test func `a backbone is taken for a whole network`() throws {
    let refusal = try refusal(of: "stm-convert resnet50.pth -o new.safetensors", code: 65)
    try succeed(try refusal.adding("ResNet backbone: "))
  }

  @Test func `the network was trained on frames as OpenCV reads them`() throws {
    let mean: [Float] = [0.406, 0.456, 0.485]
    try TinyModel.write(
      try TinyModel.entries(changing: [
        "Encoder_M.mean": { mean[$0] }, "Encoder_Q.mean": { mean[$0] },
      ]), to: folder["bgr.safetensors"])
    let refusal = try refusal(of: "stm-convert bgr.safetensors -o new.safetensors", code: 65)
    try succeed(try refusal.adding("OpenCV reads them: "))
  }

  // MARK: Models

  @Test func `a quantized model is quantized again`() throws {
    try succeed("stm-quantize stm.safetensors -o w8.safetensors --precision w8")
    let refusal = try refusal(
      of: "stm-quantize w8.safetensors -o fp16.safetensors --precision fp16", code: 65)
    try succeed(try refusal.replacing("w8.safetensors", by: "made from: "))
  }

  @Test func `two models are named the wrong way round`() async throws {
    // Invented weights do not keep their masks in fp16.
    let models = try await Sample.models.value
    try FileManager.default.removeItem(atPath: folder["stm.safetensors"])
    for (name, target) in [
      ("stm.safetensors", models.fp32), ("fp16.safetensors", models.fp16), ("clip", Sample.clip),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: folder[name], withDestinationPath: target)
    }
    let refusal = try refusal(
      of: "stm-verify fp16.safetensors stm.safetensors --clip clip --frames 2 --long-edge 96",
      code: 64)
    try succeed(
      try refusal.replacing("fp16.safetensors stm.safetensors", by: "held against: "))
  }

  // MARK: Clips and masks

  @Test func `a clip is named without its option`() throws {
    let refusal = try refusal(of: "stm-segment stm.safetensors dog -o masks", code: 64)
    try succeed(try refusal.replacing("dog", by: "did you mean "))
  }

  @Test func `the frames are named in place of the clip`() throws {
    let refusal = try refusal(
      of: "stm-segment stm.safetensors --clip dog/frames -o masks", code: 66)
    try succeed(try refusal.replacing("dog/frames", by: "own folder: "))
  }

  @Test func `a clip is named as a set of clips`() throws {
    let refusal = try refusal(of: "stm-segment stm.safetensors --set dog -o masks", code: 64)
    try succeed(try refusal.replacing("--set", by: "use "))
  }

  @Test func `masks are called otherwise than their frames`() throws {
    try FileManager.default.moveItem(
      atPath: folder["dog/masks/00000.png"], toPath: folder["dog/masks/0.png"])
    let refusal = try refusal(of: "stm-segment stm.safetensors --clip dog -o masks", code: 66)
    try succeed(try refusal.literal("their frames: "), refusal.line)
  }

  @Test func `a folder of masks is named in place of the first`() throws {
    let refusal = try refusal(
      of: "stm-segment stm.safetensors --clip dog/frames --mask dog/masks -o masks", code: 66)
    try succeed(try refusal.replacing("dog/masks", by: "the files in it: "))
  }

  @Test func `masks of 0 and 255 are scored as ids`() throws {
    try folder.writeMasks([[1, 0], [1, 0], [1, 0]], to: "masks")
    for index in 0..<3 {
      let gray = MaskImage(size: ImageSize(width: 2, height: 1), values: [255, 0], palette: nil)
      try FileManager.default.createDirectory(
        atPath: folder["truth"], withIntermediateDirectories: true)
      try ImageFile.writeMask(gray, to: folder["truth/0000\(index).png"])
    }
    let refusal = try refusal(of: "stm-evaluate masks truth", code: 65)
    try succeed(try refusal.adding("use "))
  }

  @Test func `a mask is named in place of its folder`() throws {
    try folder.writeMasks([[1, 0], [1, 0], [1, 0]], to: "masks")
    let refusal = try refusal(of: "stm-evaluate masks/00000.png masks", code: 66)
    try succeed(try refusal.replacing("masks/00000.png", by: "holds it: "))
  }

  // MARK: Command lines

  @Test func `an option is misspelled`() throws {
    let refusal = try refusal(
      of: "stm-quantize stm.safetensors -o fp16.safetensors --precison fp16", code: 64)
    try succeed(try refusal.replacing("--precison", by: "did you mean "))
  }

  @Test func `a value is misspelled`() throws {
    let refusal = try refusal(
      of: "stm-quantize stm.safetensors -o fp16.safetensors --precision FP16", code: 64)
    try succeed(try refusal.replacing("--precision FP16", by: "did you mean "))
  }

  @Test func `a subcommand is misspelled`() throws {
    let refusal = try refusal(
      of: "stm-quantize calibarte stm.safetensors dog -o statistics.json", code: 64)
    try succeed(try refusal.replacing("stm-quantize calibarte", by: "did you mean "))
  }

  @Test func `an output is named without its option`() throws {
    let refusal = try refusal(
      of: "stm-quantize stm.safetensors fp16.safetensors --precision fp16", code: 64)
    try succeed(try refusal.replacing("fp16.safetensors", by: "did you mean "))
  }

  @Test func `an output would replace an input`() throws {
    let refusal = try refusal(
      of: "stm-quantize stm.safetensors -o stm.safetensors --precision fp16", code: 64)
    try succeed(try refusal.replacing("-o stm.safetensors", by: "name another: "))
  }

  @Test func `the folder of an output is not there`() throws {
    let refusal = try refusal(of: "stm-convert checkpoint.pth -o models/new.safetensors", code: 73)
    try succeed(try refusal.literal("folder first: "), refusal.line)
  }

  @Test func `a path is between quotes that begins with the sign for home`() throws {
    let refusal = try refusal(of: "stm-convert '~/checkpoint.pth' -o new.safetensors", code: 66)
    try succeed(try refusal.replacing("'~/checkpoint.pth'", by: "write: "))
  }

  @Test func `a size is none that the network takes`() throws {
    try folder.writeImages()
    let refusal = try refusal(
      of: "stm-train draw --images images --masks masks --size 50x50 --count 1 -o drawn", code: 64)
    try succeed(try refusal.replacing("--size 50x50", by: "the nearest is: "))
  }
}
