public import ArgumentParser
public import Mapping

/// What graphs are given through inputs whose names do not say it.
public struct BindingOptions: ParsableArguments {
  /// What graphs are given through inputs that their names do not tell.
  @Option(
    name: .customLong("bind"),
    help: ArgumentHelp(
      "Say what a graph is given through an input: \(InputBinding.roles.joined(separator: ", ")).",
      valueName: "[file:]input=role"))
  public var bindings: [InputBinding] = []

  public init() {}
}

extension InputBinding: ExpressibleByArgument {
  /// Parses `[FILE:]INPUT=ROLE`.
  public init?(argument: String) { self.init(argument) }
}
