import Foundation
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
}
