import Foundation
import Testing

@Suite struct InstallationTests {
  let folder: Workspace

  init() throws { folder = try Workspace() }

  /// Runs `program` with `arguments` in the repository; it must succeed.
  private func output(of program: String, _ arguments: String...) throws -> String {
    let run = try Run(Process(program, arguments, in: repository))
    try #require(run.code == 0, "\(run.errors)")
    return run.output
  }

  /// The titles of the changelog's entries, newest first.
  private func entries() throws -> [Substring] {
    try String(contentsOfFile: "\(repository)/.github/CHANGELOG.md", encoding: .utf8)
      .split(separator: "\n").filter { $0.hasPrefix("## ") }
  }

  @Test(arguments: Tool.allCases)
  func `tools, packages and the changelog state one version`(tool: Tool) async throws {
    let version = try await folder.succeed(tool, "--version").output
    #expect(try output(of: "/usr/bin/make", "-s", "version") == version)
    #expect(try entries().first?.hasPrefix("## \(version.dropLast()) - ") == true)
  }

  @Test func `every entry of the changelog is a version and a day`() throws {
    for entry in try entries() {
      #expect(
        entry.wholeMatch(of: /## [0-9]+\.[0-9]+\.[0-9]+ - [0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil,
        "\(entry)")
    }
  }

  @Test func `every tool is installed`() throws {
    let names = try output(of: "/usr/bin/make", "-s", "tool-names")
    #expect(Set(names.split { $0.isWhitespace }) == Set(Tool.allCases.map { $0.rawValue[...] }))
  }

  @Test(arguments: Tool.allCases)
  func `what manuals are made of describes every command and option`(tool: Tool) async throws {
    let dump = try await folder.succeed(tool, "--experimental-dump-help").json
    #expect(dump["serializationVersion"] as? Int == 0)
    let command = try #require(dump["command"] as? [String: Any])
    #expect(command["commandName"] as? String == tool.rawValue)
    #expect(undescribed(in: command) == [])
  }

  /// The commands and options below `command` that have no words of their own; the parser's own
  /// `help` takes names of commands, which need none.
  private func undescribed(in command: [String: Any]) -> [String] {
    let name = command["commandName"] as? String ?? ""
    guard name != "help" else { return [] }
    let commands = command["subcommands"] as? [[String: Any]] ?? []
    let arguments = command["arguments"] as? [[String: Any]] ?? []
    let silent = arguments.filter {
      $0["shouldDisplay"] as? Bool == true && $0["abstract"] as? String == nil
    }
    return (command["abstract"] as? String == nil ? [name] : [])
      + silent.map { "\(name) \($0["valueName"] as? String ?? "")" }
      + commands.flatMap(undescribed)
  }

  @Test(arguments: Tool.allCases)
  func `bash takes the completions`(tool: Tool) async throws {
    let script = try await folder.succeed(tool, "--generate-completion-script", "bash").output
    try folder.write(Data(script.utf8), as: "script")
    let named = try output(
      of: "/bin/bash", "-c", ". \(folder["script"]) && complete -p \(tool.rawValue)")
    #expect(named.hasPrefix("complete ") && named.hasSuffix(" \(tool.rawValue)\n"))
  }

  @Test(arguments: Tool.allCases)
  func `zsh and fish are told what to complete`(tool: Tool) async throws {
    let zsh = try await folder.succeed(tool, "--generate-completion-script", "zsh").output
    #expect(zsh.hasPrefix("#compdef \(tool.rawValue)\n"))
    let fish = try await folder.succeed(tool, "--generate-completion-script", "fish").output
    #expect(fish.contains("complete -c '\(tool.rawValue)'"))
  }
}
