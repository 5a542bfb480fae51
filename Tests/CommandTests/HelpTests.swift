import Foundation
import Testing

@Suite struct HelpTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// The lines of the section `title` of `help` that are parts of lines too long for 80 columns: the
  /// parser breaks those, and begins the next line without the spaces of the section.
  static func broken(_ title: String, in help: String) -> [String] {
    guard let start = help.range(of: "\(title)\n") else { return [] }
    return help[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.isEmpty }
      .filter { !$0.hasPrefix("  ") }
      .map(String.init)
  }

  @Test func `lines that the parser broke are found`() {
    let help = "EXAMPLES\n  stm-convert weights.h5 -o\nstm.safetensors\n\nUSAGE: stm-convert\n"
    #expect(Self.broken("EXAMPLES", in: help) == ["stm.safetensors"])
  }

  @Test(arguments: Tool.allCases)
  func `help has examples and every exit code`(tool: Tool) async throws {
    let help = try await folder.succeed(tool, "--help").output
    #expect(help.contains("EXAMPLES\n  \(tool.rawValue) "))
    #expect(Self.broken("EXAMPLES", in: help) == [])
    #expect(Self.broken("EXIT CODES", in: help) == [])
    let codes = try #require(help.range(of: "EXIT CODES"))
    for code in [0, 1, 64, 65, 66, 70, 73, 74] {
      #expect(help[codes.upperBound...].contains("\n  \(code) "))
    }
  }

  @Test(arguments: [
    (.quantize, "write"), (.quantize, "calibrate"), (.quantize, "plan"), (.quantize, "check"),
    (.quantize, "sensitivity"), (Tool.convert, "import"),
    (.convert, "map"), (.convert, "inspect"), (.convert, "diff"), (.convert, "export"),
    (.verify, "clip"),
    (.verify, "golden"), (.verify, "save"), (.verify, "compare-reports"), (.verify, "source"),
    (.verify, "profile"), (.verify, "conformance"), (.verify, "locate"), (.verify, "repeat"),
    (.verify, "bisect"), (.verify, "repro"), (.verify, "run-repro"), (.train, "images"),
    (.train, "video"), (.train, "draw"),
  ])
  func `help of a subcommand has examples`(tool: Tool, subcommand: String) async throws {
    let help = try await folder.succeed(tool, subcommand, "--help").output
    #expect(help.contains("EXAMPLES\n  \(tool.rawValue) "))
    #expect(help.contains("USAGE: \(tool.rawValue) \(subcommand) "))
    #expect(Self.broken("EXAMPLES", in: help) == [])
  }

  @Test(arguments: Tool.allCases)
  func `the version is one line of numbers`(tool: Tool) async throws {
    let version = try await folder.succeed(tool, "--version").output
    #expect(version.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }
}
