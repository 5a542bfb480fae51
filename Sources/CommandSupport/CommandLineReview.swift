import Files

/// What is wrong with a command line that a tool refused, and what to do about it.
///
/// The parser tells the first thing that it cannot do without, such as an option that is missing
/// because its name is misspelled; this looks for the cause.
struct CommandLineReview {
  /// What is wrong.
  let problem: String
  /// What to do about it.
  let hint: String

  /// Reviews `arguments`, which the tool of `root` refused, saying `message`; nil: nothing is
  /// found.
  init?(of arguments: [String], for root: CommandOutline, refusedWith message: String) {
    let line = CommandLineWords(arguments, for: root)
    let finding =
      line.misspelledCommand() ?? line.unknownOption() ?? line.unknownValue()
      ?? line.strayArguments() ?? line.missingArguments() ?? line.refusedValue(message)
    guard let finding else { return nil }
    self = finding
  }

  fileprivate init(_ problem: String, hint: String) {
    self.problem = problem
    self.hint = hint
  }
}

/// The words of a command line by what they are.
private struct CommandLineWords {
  private let root: CommandOutline
  /// The command that they are for, and how its help is asked for.
  private let command: CommandOutline
  private let name: String
  /// The first word, where it names no subcommand and the tool has some.
  private let first: String?
  private var positionals: [String] = []
  /// The known options, with the values that stand behind them.
  private var given: [(option: CommandOutline.Argument, name: String, value: String?)] = []
  private var unknown: [String] = []

  init(_ arguments: [String], for root: CommandOutline) {
    self.root = root
    let named = root.subcommands?.first { $0.commandName == arguments.first }
    let fallback = root.subcommands?.first { $0.commandName == root.defaultSubcommand }
    command = named ?? fallback ?? root
    name = [root.commandName, (named ?? fallback)?.commandName].compactMap(\.self)
      .joined(separator: " ")
    first = named == nil && !root.shown.isEmpty ? arguments.first : nil
    var rest = Array(arguments.dropFirst(named == nil ? 0 : 1))[...]
    while let word = rest.popFirst() {
      guard word != "--" else {
        positionals += rest
        break
      }
      guard Self.isOption(word) else {
        positionals.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard let option = command.option(parts[0]) else {
        unknown.append(parts[0])
        continue
      }
      var value = parts.count > 1 ? parts[1] : nil
      if value == nil, option.kind == .option, let next = rest.first, !Self.isOption(next) {
        value = rest.removeFirst()
      }
      given.append((option, parts[0], value))
    }
  }

  /// Whether `word` has the form of an option, and not of a negative number.
  private static func isOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word.dropFirst().first.map { !$0.isNumber && $0 != "." } ?? false
  }

  /// A first word that is no file and called like a subcommand or one too many, or none where a
  /// subcommand is needed.
  func misspelledCommand() -> CommandLineReview? {
    guard let first else { return nil }
    let names = root.shown.map(\.commandName)
    let alike = Self.nearest(to: first, among: names)
    let isNoFile = !Self.isOption(first) && !FilePath.exists(first)
    let isTooMany = unknown.isEmpty && !stray.isEmpty
    guard root.defaultSubcommand == nil || isNoFile && (alike != nil || isTooMany) else {
      return nil
    }
    return CommandLineReview(
      "expected a subcommand, found '\(first)'",
      hint: alike.map { "did you mean \(root.commandName) \($0)?" }
        ?? "the subcommands are \(names.joined(separator: ", "))")
  }

  /// An option that the command does not have.
  func unknownOption() -> CommandLineReview? {
    guard let name = unknown.first, !["--help", "-h", "--version"].contains(name) else {
      return nil
    }
    let others = root.shown.filter { $0.option(name) != nil }.map(\.commandName)
    let longs = command.options.flatMap { $0.names ?? [] }.map(\.text).filter { $0.hasPrefix("--") }
    let hint =
      if let alike = Self.nearest(to: name, among: longs) {
        "did you mean \(alike)?"
      } else if let other = others.first {
        "this is an option of \(root.commandName) \(other)"
      } else {
        "its options are listed by: \(self.name) --help"
      }
    return CommandLineReview("unknown option '\(name)'", hint: hint)
  }

  /// A value that is none of those that an option takes.
  func unknownValue() -> CommandLineReview? {
    for (option, name, value) in given {
      guard let value, let values = option.allValues, !values.isEmpty, !values.contains(value)
      else {
        continue
      }
      let alike = Self.nearest(to: value, among: values)
      return CommandLineReview(
        "\(name): expected \(values.dropLast().joined(separator: ", ")) or \(values.last ?? ""), "
          + "found '\(value)'",
        hint: alike.map { "did you mean \(name) \($0)?" }
          ?? "choose one of them; they are explained by: \(self.name) --help")
    }
    return nil
  }

  /// A value that the parser refused, saying `message`.
  func refusedValue(_ message: String) -> CommandLineReview? {
    for (option, name, value) in given {
      guard let value, message.hasPrefix("The value '\(value)' is invalid for '") else { continue }
      return CommandLineReview(message, hint: "\(name): \(option.purpose)")
    }
    return nil
  }

  /// Arguments for which the command has no place: values whose options were forgotten.
  func strayArguments() -> CommandLineReview? {
    guard let first = stray.first else { return nil }
    var open = missingOptions.map(\.label)[...]
    let meant: [String?] = stray.map { word -> String? in
      let isClip = Folder.exists(at: word) && command.option("--clip") != nil && !has("--clip")
      guard let option = isClip ? "--clip" : FilePath.exists(word) ? nil : open.popFirst() else {
        return nil
      }
      return "\(option) \(word.shellWord)"
    }
    let words = meant.compactMap(\.self)
    return CommandLineReview(
      "expected an option before '\(first)', found none",
      hint: words.count == stray.count
        ? "did you mean \(words.joined(separator: " "))?"
        : "its options are listed by: \(name) --help")
  }

  /// What the command cannot do without.
  func missingArguments() -> CommandLineReview? {
    let places = (command.arguments ?? []).filter { $0.kind == .positional && !$0.isOptional }
    let missing = places.dropFirst(positionals.count) + missingOptions
    guard let first = missing.first, !(positionals.isEmpty && given.isEmpty) else { return nil }
    return CommandLineReview(
      "expected \(missing.map(\.synopsis).joined(separator: " and ")), found none",
      hint: "add \(first.synopsis): \(first.purpose)")
  }

  /// Positional arguments for which the command has no place.
  private var stray: ArraySlice<String> {
    let places = (command.arguments ?? []).filter { $0.kind == .positional }
    return places.contains(where: \.isRepeating) ? [] : positionals.dropFirst(places.count)
  }

  /// The options that must be given and are not.
  private var missingOptions: [CommandOutline.Argument] {
    command.options.filter { option in
      !option.isOptional && option.kind == .option && !has(option.label)
    }
  }

  private func has(_ label: String) -> Bool { given.contains { $0.option.label == label } }

  /// The one of `names` that is the same but for dashes and capitals, or that begins with `name` or
  /// is its beginning, or that is most like it.
  private static func nearest(to name: String, among names: [String]) -> String? {
    let bare = String(name.lowercased().drop { $0 == "-" })
    let pairs = names.map { (name: $0, bare: String($0.lowercased().drop { $0 == "-" })) }
    if let same = pairs.first(where: { $0.bare == bare }) { return same.name }
    let related = pairs.filter { $0.bare.hasPrefix(bare) || bare.hasPrefix("\($0.bare)-") }
    if bare.count > 2, related.count == 1 { return related[0].name }
    let alike = NameSimilarity.nearest(to: bare, among: pairs.map(\.bare), least: 0.6)
    return alike.first.flatMap { alike in pairs.first { $0.bare == alike }?.name }
  }
}
