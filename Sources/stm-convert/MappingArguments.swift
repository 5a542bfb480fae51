public import ArgumentParser
import CommandSupport
public import Mapping
import Networks
public import STMModel
import WeightFiles

/// The files of an export, and how they are mapped onto the network.
struct MappingArguments: ParsableArguments {
  @Argument(help: "The files of one export.") var inputs: [String]
  @Option(help: "The format of the inputs; auto looks at their contents.")
  var from = FormatChoice.auto
  @OptionGroup var reading: ReadingOptions
  @Option(
    name: .customLong("map"),
    help: ArgumentHelp("Your own rules for names; they come first.", valueName: "rules.yaml"))
  var rules: String?
  @Option(
    help:
      "What tensors are matched by: names where they are certain and the graph elsewhere, or one of them."
  )
  var match = MappingOptions.Match.auto
  @Option(
    help: ArgumentHelp(
      "Batch norms: auto keeps what arrives, always folds all, never folds none.",
      valueName: "policy"))
  var foldBatchNorm = FoldPolicy.auto
  @Option(
    help: "What the decoder's residual blocks add; read off the graph where there is one, else raw."
  )
  var residual: ResidualSkip?
  @Option(
    help: ArgumentHelp(
      """
      The order of the colours that the network was trained on: rgb, or bgr as OpenCV reads \
      frames. (default: rgb, unless a mean says otherwise)
      """))
  var channels: ChannelOrder?
  @OptionGroup var bind: BindingOptions
  @Option(
    help: ArgumentHelp(
      "Import a ResNet backbone into these encoders, divided by commas.", valueName: "encoders"))
  var into: String?
  @Flag(help: "Accept that parameters are missing, for a model that training completes.")
  var partial = false
  @Option(help: ArgumentHelp("Accept that these parameters are missing.", valueName: "glob"))
  var allowMissing: [NamePattern] = []
  @Option(help: ArgumentHelp("Leave these tensors out.", valueName: "glob"))
  var allowUnexpected: [NamePattern] = []
  @Option(
    name: .customLong("on-nonfinite"),
    help: "What NaN and infinite numbers are: an error, or a warning in the report.")
  var onNonFinite = NonFiniteChoice.error
  @Option(
    help: ArgumentHelp(
      """
      Accept that output channels of these kernels are all zeros, as pruning leaves \
      them and damage does.
      """, valueName: "glob"))
  var allowZeroChannels: [NamePattern] = []
  @Option(
    help: ArgumentHelp("Accept that numbers of these variances are zero.", valueName: "glob"))
  var allowZeroVariances: [NamePattern] = []

  /// The encoders that `--into` names.
  private var encoders: [String] { into?.split(separator: ",").map(String.init) ?? [] }

  func validate() throws {
    for encoder in encoders where !["Encoder_M", "Encoder_Q"].contains(encoder) {
      throw ValidationError("--into: expected Encoder_Q or Encoder_M, found \(encoder)")
    }
    if into != nil && !partial {
      throw ValidationError(
        "--into: expected --partial too: a backbone is not a whole model", hint: "add: --partial")
    }
  }

  /// The files beside the inputs that decide the result or how they are read.
  var settingFiles: [String] { [rules].compactMap { $0 } + reading.inputs }

  /// Reads the inputs. Throws what reading throws.
  func read() throws -> [WeightSource] {
    try inputs.map { try reading.read($0, as: from.format) }
  }

  /// Maps `sources`. Throws what reading rules or mapping throws.
  func mapped(_ sources: [WeightSource]) throws -> MappedWeights {
    var options = MappingOptions()
    options.match = match
    options.rules = try rules.map { try MappingRules(path: $0) }
    options.fold = foldBatchNorm
    options.residual = residual
    options.channels = channels
    options.bindings = bind.bindings
    options.into = encoders
    options.isPartial = partial
    options.allowedMissing = allowMissing
    options.allowedUnexpected = allowUnexpected
    options.acceptsNonFinite = onNonFinite == .warn
    options.allowedZeroChannels = allowZeroChannels
    options.allowedZeroVariances = allowZeroVariances
    return try MappedWeights(of: sources, options: options)
  }

  /// The settings that decide the result, by name.
  var settings: [String: String] {
    [
      "allow-missing": allowMissing.map(\.description).joined(separator: " "),
      "allow-unexpected": allowUnexpected.map(\.description).joined(separator: " "),
      "allow-zero-channels": allowZeroChannels.map(\.description).joined(separator: " "),
      "allow-zero-variances": allowZeroVariances.map(\.description).joined(separator: " "),
      "bind": bind.bindings.map(\.description).joined(separator: " "),
      "channels": channels?.rawValue ?? "",
      "fold-batch-norm": foldBatchNorm.rawValue,
      "into": encoders.joined(separator: ","),
      "map": rules == nil ? "" : "rules",
      "match": match.rawValue,
      "on-nonfinite": onNonFinite == .error ? "" : onNonFinite.rawValue,
      "residual": residual?.rawValue ?? "auto",
    ].filter { !$0.value.isEmpty }
  }
}

extension MappingOptions.Match: ExpressibleByArgument {}
extension FoldPolicy: ExpressibleByArgument {}
extension ResidualSkip: ExpressibleByArgument {}

/// A format, or the one that the contents show.
enum FormatChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, onnx, hdf5, pytorch, safetensors, npz

  var format: WeightFormat? { WeightFormat(rawValue: rawValue) }
}

/// What is done about NaN and infinities.
enum NonFiniteChoice: String, ExpressibleByArgument, CaseIterable { case error, warn }
