import Foundation
import Tensors
import Testing

@Suite struct OutputTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    try TinyModel.write(to: folder["m.safetensors"])
  }

  @Test func `a full standard output is an error, not a success`() async throws {
    try folder.writeClip("clip", frames: [(32, 32), (32, 32)], mask: (32, 32))
    for (tool, arguments) in [
      (Tool.convert, ["inspect", "m.safetensors"]),
      (.convert, ["inspect", "m.safetensors", "--json"]),
      (.segment, ["m.safetensors", "--clip", "clip", "-o", "masks"]),
    ] {
      let run = try await tool.run(arguments, in: folder.path, printing: "/dev/full")
      #expect(run.code == 74)
      #expect(
        run.errors.hasPrefix(
          "\(tool.rawValue): error: standard output: writing failed (No space left on device)\n"),
        "\(run.errors)")
    }
  }

  @Test func `control characters in names are shown, not sent to the terminal`() async throws {
    try TinyModel.write(
      TinyModel.entries() + [.init("red\u{1B}[31m\u{9B}2J\u{7F}", [1])],
      to: folder["odd.safetensors"])
    let shown = "red\\u{1B}[31m\\u{9B}2J\\u{7F}"
    let errors = try await folder.refuse(
      .convert, "odd.safetensors", "-o", "m2.safetensors", code: 65, naming: [shown])
    let output = try await folder.succeed(.convert, "inspect", "odd.safetensors").output
    #expect(output.contains(shown))
    #expect(
      (errors + output).unicodeScalars.allSatisfy {
        $0 == "\n" || $0.properties.generalCategory != .control
      })
  }
}
