public import Files
public import Tensors

/// What can keep a network from being recognized in a set of tensors.
public enum STMConfigurationError: DiagnosticError, Equatable {
  /// None of the tensors that would tell `quantity` is there with a usable shape.
  case cannotInfer(quantity: String, candidates: [String])

  public var description: String {
    switch self {
    case .cannotInfer(let quantity, let candidates):
      "\(quantity): expected one of the tensors \(candidates.map { "'\($0)'" }.joined(separator: ", ")), "
        + "found none with four dimensions, the first at most 65,536"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    "name every file of the export; list what a file holds with: stm-convert inspect FILE"
  }
}

extension STMConfiguration {
  /// Reads the widths and depths off the shapes of canonically named convolution kernels.
  ///
  /// Throws ``STMConfigurationError``.
  public init(inferredFrom archive: TensorArchive) throws(STMConfigurationError) {
    func outputChannels(
      _ quantity: String, _ candidates: [String]
    ) throws(STMConfigurationError) -> Int {
      for name in candidates.map({ "\($0).weight" }) {
        if let shape = archive[name]?.shape, shape.rank == 4,
          Self.plausibleWidths.contains(shape[0])
        {
          return shape[0]
        }
      }
      throw .cannotInfer(quantity: quantity, candidates: candidates.map { "\($0).weight" })
    }
    let blocks = try ["res2", "res3", "res4"].map { (stage) throws(STMConfigurationError) in
      let prefixes = ["Encoder_Q.\(stage).", "Encoder_M.\(stage)."]
      let indices = archive.entries.compactMap { entry -> Int? in
        guard let prefix = prefixes.first(where: entry.name.hasPrefix) else { return nil }
        return Int(entry.name.dropFirst(prefix.count).prefix { $0 != "." })
      }
      guard let last = indices.filter((0..<Self.plausibleBlocks.upperBound).contains).max() else {
        throw .cannotInfer(
          quantity: "number of blocks in \(stage)",
          candidates: prefixes.map { "\($0)0.conv1.weight" })
      }
      return last + 1
    }
    self.init(
      trunkWidth: try outputChannels("trunk width", ["Encoder_Q.conv1", "Encoder_M.conv1"]),
      blocks: blocks,
      keyChannels: try outputChannels("key channels", ["KV_Q_r4.Key", "KV_M_r4.Key"]),
      valueChannels: try outputChannels("value channels", ["KV_Q_r4.Value", "KV_M_r4.Value"]),
      decoderChannels: try outputChannels(
        "decoder channels", ["Decoder.convFM", "Decoder.ResMM.conv1", "Decoder.RF2.convFS"]))
  }
}
