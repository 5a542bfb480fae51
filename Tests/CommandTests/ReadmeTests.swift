import Foundation
import Testing

@Suite struct ReadmeTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// The commands of this suite in the `sh` blocks of `markdown`, as words.
  static func commands(in markdown: String) -> [[String]] {
    markdown.components(separatedBy: "```").enumerated()
      .filter { $0.offset % 2 == 1 && $0.element.hasPrefix("sh\n") }
      .flatMap { $0.element.replacing("\\\n", with: " ").split(separator: "\n") }
      .map { line in line.split(separator: " ").map(String.init) }
      .filter { Tool(rawValue: $0.first ?? "") != nil }
  }

  /// The options in `words`, without their values.
  static func options(in words: [String]) -> [String] {
    words.compactMap { $0.firstMatch(of: /^--?[a-z][a-z-]*/).map { String($0.output) } }
  }

  /// Whether `help` lists `option` as a word of its own.
  static func lists(_ option: String, _ help: String) -> Bool {
    help.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.contains { $0 == option }
  }

  /// The options that commands in `markdown` use and their tools' `--help` does not list.
  private func unknownOptions(in markdown: String) async throws -> [String] {
    var unknown: [String] = []
    for command in Self.commands(in: markdown) {
      let tool = try #require(Tool(rawValue: command[0]))
      let root = try await folder.succeed(tool, "--help").output
      var help = root
      if let list = root.range(of: "SUBCOMMANDS:") {
        let lines = root[list.upperBound...].split(separator: "\n")
        let names = lines.compactMap { $0.firstMatch(of: /^ {2}([a-z-]+)/).map { String($0.1) } }
        let fallback = lines.first { $0.contains("(default)") }
          .flatMap { $0.firstMatch(of: /[a-z]+/).map { String($0.output) } }
        let subcommand =
          command.count > 1 && names.contains(command[1]) ? command[1] : try #require(fallback)
        help = try await folder.succeed(tool, subcommand, "--help").output
      }
      unknown += Self.options(in: command).filter { !Self.lists($0, help) }
    }
    return unknown
  }

  @Test func `every option in the README's commands exists`() async throws {
    let readme = try String(contentsOfFile: "\(repository)/README.md", encoding: .utf8)
    #expect(Self.commands(in: readme).count > 0)
    #expect(try await unknownOptions(in: readme) == [])
  }

  @Test func `an option that does not exist is found`() async throws {
    let markdown = """
      ```sh
      stm-convert weights.h5 -o stm.safetensors --colour
      stm-convert inspect weights.h5 -o other --json
      stm-quantize stm.safetensors -o q.safetensors \\
        --precision int4 --bits=4
      ls --all
      ```
      stm-segment --not-in-a-block
      """
    #expect(try await unknownOptions(in: markdown) == ["--colour", "-o", "--bits"])
  }
}
