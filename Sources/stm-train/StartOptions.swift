import ArgumentParser
import CommandSupport
import Files
import Mapping
import Models
import STMModel
import Tensors
import Training

/// What a training starts from.
struct StartOptions: ParsableArguments {
  @Argument(help: "The fp32 model to go on from.") var model: String?
  @Flag(help: "Start from random numbers, and what --backbone names.") var fromScratch = false
  @Option(
    help: ArgumentHelp(
      "From scratch: begin the encoders with a ResNet backbone, in any format of stm-convert.",
      valueName: "file"))
  var backbone: String?
  @Option(
    help: ArgumentHelp(
      "The encoders that --backbone is for, divided by commas. (default: Encoder_M,Encoder_Q)",
      valueName: "encoders"))
  var into: EncoderList?
  @Option(help: ArgumentHelp("From scratch: the widths of this model.", valueName: "model"))
  var like: String?
  @Option(
    help: ArgumentHelp(
      "From scratch: channels of the first convolution. (default: 64, or those of --backbone)",
      valueName: "n"))
  var trunkWidth: Int?
  @Option(
    help: ArgumentHelp(
      "From scratch: blocks in res2, res3 and res4. (default: 3,4,6)", valueName: "n,n,n"))
  var blocks: BlockCounts?
  @Option(
    help: ArgumentHelp(
      "From scratch: channels of keys. (default: twice the trunk's width)", valueName: "n"))
  var keyChannels: Int?
  @Option(
    help: ArgumentHelp(
      "From scratch: channels of values. (default: 8 times the trunk's width)", valueName: "n"))
  var valueChannels: Int?
  @Option(
    help: ArgumentHelp(
      "From scratch: channels of the decoder. (default: 4 times the trunk's width)",
      valueName: "n"))
  var decoderChannels: Int?
  @OptionGroup var reading: ReadingOptions

  /// The options that say widths, with what they were given.
  private var widths: [(option: String, value: Int?)] {
    [
      ("--trunk-width", trunkWidth), ("--key-channels", keyChannels),
      ("--value-channels", valueChannels), ("--decoder-channels", decoderChannels),
    ]
  }

  func validate() throws {
    guard (model == nil) == fromScratch else {
      throw ValidationError(
        "expected one of MODEL and --from-scratch, found \(fromScratch ? "both" : "neither")",
        hint: "name the fp32 model to go on from, or add --from-scratch to begin a new one")
    }
    let given =
      widths.filter { $0.value != nil }.map(\.option) + (blocks == nil ? [] : ["--blocks"])
    let scratch =
      [("--backbone", backbone), ("--like", like)].filter { $0.1 != nil }.map(\.0) + given
    if let model, let option = scratch.first {
      throw ValidationError("\(option): expected --from-scratch, found the model \(model)")
    }
    if like != nil, let option = given.first {
      throw ValidationError("\(option): expected no --like, which says all widths, found one")
    }
    if into != nil && backbone == nil {
      throw ValidationError("--into: expected --backbone, found none")
    }
    for case (let option, let value?) in widths where !(1...65_536).contains(value) {
      throw ValidationError("\(option): expected 1 to 65536, found \(value)")
    }
  }

  /// The files that are read.
  var inputs: [String] { [model, backbone, like].compactMap(\.self) + reading.inputs }

  /// The files whose contents decide the result.
  var sources: [String] { [model, backbone].compactMap(\.self) }

  /// The model; random numbers are those of `seed`.
  ///
  /// Throws what reading the files and mapping the backbone throw.
  func open(seed: UInt64) throws -> Model {
    if let model {
      let model = try Model(path: model)
      try model.requireFloat32()
      return model
    }
    let mapped = try backbone.map(mappedBackbone)
    let known = try like.map { try Model(path: $0).configuration }
    return try Model(
      untrained: STMNetwork(known ?? configuration(mapped?.network.configuration)), seed: seed,
      keeping: mapped?.weights ?? TensorArchive([]), path: backbone ?? "--from-scratch")
  }

  /// The configuration that the options say; widths that they do not say are those of `trunk`.
  private func configuration(_ trunk: STMConfiguration?) -> STMConfiguration {
    let width = trunkWidth ?? trunk?.trunkWidth ?? STMConfiguration.published.trunkWidth
    return STMConfiguration(
      trunkWidth: width,
      blocks: blocks?.counts ?? trunk?.blocks ?? STMConfiguration.published.blocks,
      keyChannels: keyChannels ?? 2 * width, valueChannels: valueChannels ?? 8 * width,
      decoderChannels: decoderChannels ?? 4 * width)
  }

  private func mappedBackbone(_ path: String) throws -> MappedWeights {
    var options = MappingOptions()
    options.into = into?.names ?? EncoderList.all
    options.isPartial = true
    let mapped = try MappedWeights(of: [try reading.read(path)], options: options)
    guard mapped.audit.isClean else {
      throw MappingError.misfit(sources: [path], problems: mapped.audit.allProblems)
    }
    return mapped
  }
}

/// Encoders of the network.
struct EncoderList: ExpressibleByArgument {
  /// Both.
  static let all = ["Encoder_M", "Encoder_Q"]

  /// Their names.
  let names: [String]

  /// Parses `Encoder_M,Encoder_Q`.
  init?(argument: String) {
    names = argument.split(separator: ",").map(String.init)
    guard !names.isEmpty, names.allSatisfy(Self.all.contains) else { return nil }
  }
}

/// The number of blocks in each stage of a trunk.
struct BlockCounts: ExpressibleByArgument {
  /// Of `res2`, `res3` and `res4`.
  let counts: [Int]

  /// Parses `3,4,6`.
  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    counts = parts.compactMap { Int($0) }
    guard parts.count == 3, counts.count == 3, counts.allSatisfy((1...64).contains) else {
      return nil
    }
  }
}
