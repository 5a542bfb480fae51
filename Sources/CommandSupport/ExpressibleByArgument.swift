public import ArgumentParser
public import Mapping
public import Networks
public import Quantization

extension Precision: ExpressibleByArgument {}

extension ChannelOrder: ExpressibleByArgument {}

extension NamePattern: ExpressibleByArgument {
  /// Parses a glob or a regular expression after `re:`.
  public init?(argument: String) {
    guard let pattern = try? NamePattern(argument) else { return nil }
    self = pattern
  }
}

extension KeptLayers: ExpressibleByArgument {
  /// Parses `PATTERN=PRECISION`.
  public init?(argument: String) { self.init(argument) }
}
