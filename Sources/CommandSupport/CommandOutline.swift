import ArgumentParser
import Foundation

/// A command of a tool with what may stand on its command line, as the parser describes it.
struct CommandOutline: Decodable {
  /// A positional argument, an option or a flag.
  struct Argument: Decodable {
    /// What stands for it on a command line: its value, its name and a value, or its name.
    enum Kind: String, Decodable { case positional, option, flag }

    /// A name of an option or flag.
    struct Name: Decodable {
      /// `long`, or another of the parser's words.
      let kind: String
      /// The name without dashes.
      let name: String

      /// As on a command line: `--clip` or `-o`.
      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    /// What it is.
    let kind: Kind
    /// The names of an option or flag.
    let names: [Name]?
    /// The one of them that help shows.
    let preferredName: Name?
    /// What help calls its value.
    let valueName: String?
    /// Whether it may be left out.
    let isOptional: Bool
    /// Whether it may be given several times.
    let isRepeating: Bool
    /// The values that it takes; nil: others than a list tells.
    let allValues: [String]?
    /// The first paragraph of its help.
    let abstract: String?

    /// `--clip` for an option, `<model>` for a positional argument.
    var label: String { preferredName?.text ?? "<\(valueName ?? "")>" }

    /// ``label``, for an option with what stands behind it: `--output FILE`.
    var synopsis: String {
      guard kind == .option else { return label }
      return "\(label) \(allValues?.joined(separator: "|") ?? (valueName ?? "").uppercased())"
    }

    /// The first sentence of its help, without the period and to stand behind a colon.
    var purpose: String {
      let sentence = (abstract ?? "").prefix { $0 != "." }
      return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
  }

  /// The word for it on a command line.
  let commandName: String
  /// What may stand behind that.
  let arguments: [Argument]?
  /// The commands below it.
  let subcommands: [CommandOutline]?
  /// The one of them that is meant where none is named.
  let defaultSubcommand: String?
  /// Whether help tells of it.
  let shouldDisplay: Bool

  /// What the parser describes: a tool.
  private struct Tool: Decodable { let command: CommandOutline }

  /// The outline of the command `root` and its subcommands; nil where the parser's description of
  /// them is not understood.
  init?(of root: any ParsableCommand.Type) {
    guard let tool = try? JSONDecoder().decode(Tool.self, from: Data(root._dumpHelp().utf8)) else {
      return nil
    }
    self = tool.command
  }

  /// The subcommands that people are told of, but for the help.
  var shown: [CommandOutline] {
    (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
  }

  /// Its options and flags.
  var options: [Argument] { (arguments ?? []).filter { $0.kind != .positional } }

  /// The option or flag that is called `name`, as on a command line.
  func option(_ name: String) -> Argument? {
    options.first { ($0.names ?? []).contains { $0.text == name } }
  }
}
