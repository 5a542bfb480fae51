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
        + "found none with four dimensions and 1 to 65,536 outputs"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    "name every file of the export; list what a file holds with: stm-convert inspect FILE"
  }
}

extension STMConfiguration {
  /// Reads the widths and depths off the shapes of convolution kernels, by canonical name.
  ///
  /// What no canonical name tells is read off `kernels`, shapes `[out, in, kh, kw]` without names:
  /// see ``KernelCensus``. Throws ``STMConfigurationError``.
  public init(
    inferredFrom shapes: [String: Shape], kernels: [Shape] = []
  ) throws(STMConfigurationError) {
    let census = KernelCensus(kernels)
    func outputChannels(
      _ quantity: String, _ candidates: [String], or counted: Int?
    ) throws(STMConfigurationError) -> Int {
      for name in candidates.map({ "\($0).weight" }) {
        if let shape = shapes[name], shape.rank == 4, Self.plausibleWidths.contains(shape[0]) {
          return shape[0]
        }
      }
      if let counted, Self.plausibleWidths.contains(counted) { return counted }
      throw .cannotInfer(quantity: quantity, candidates: candidates.map { "\($0).weight" })
    }
    let blocks = try [0, 1, 2].map { (stage) throws(STMConfigurationError) in
      let prefixes = ["Encoder_Q.res\(stage + 2).", "Encoder_M.res\(stage + 2)."]
      let indices = shapes.keys.compactMap { name -> Int? in
        guard let prefix = prefixes.first(where: name.hasPrefix) else { return nil }
        return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
      }
      let named = indices.filter((0..<Self.plausibleBlocks.upperBound).contains).max()
      let counted = census.blocks.map { $0[stage] }
      guard let found = [named.map { $0 + 1 }, counted].compactMap({ $0 }).max(),
        Self.plausibleBlocks.contains(found)
      else {
        throw .cannotInfer(
          quantity: "number of blocks in res\(stage + 2)",
          candidates: prefixes.map { "\($0)0.conv1.weight" })
      }
      return found
    }
    self.init(
      trunkWidth: try outputChannels(
        "trunk width", ["Encoder_Q.conv1", "Encoder_M.conv1"], or: census.trunkWidth),
      blocks: blocks,
      keyChannels: try outputChannels(
        "key channels", ["KV_Q_r4.Key", "KV_M_r4.Key"], or: census.keyChannels),
      valueChannels: try outputChannels(
        "value channels", ["KV_Q_r4.Value", "KV_M_r4.Value"], or: census.valueChannels),
      decoderChannels: try outputChannels(
        "decoder channels", ["Decoder.convFM", "Decoder.ResMM.conv1", "Decoder.RF2.convFS"],
        or: census.decoderChannels))
  }
}
