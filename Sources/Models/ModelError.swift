public import Files
public import Networks
public import STMModel

/// What can keep a file from being a model.
public enum ModelError: DiagnosticError, Equatable {
  /// The tensors do not fit the network; everything that is wrong is listed.
  case misfit(path: String, ParameterAudit)
  /// No network can be recognized in the tensors.
  case unrecognized(path: String, STMConfigurationError)
  /// The model is not in binary32, so it cannot be quantized or trained; `precision` is its plan's
  /// name, and `source` the file that it was made from, if that is known.
  case alreadyQuantized(path: String, precision: String, source: String? = nil)
  /// Batch norms are part of convolutions, so that what they make is not known any more.
  case foldedBatchNorms(path: String, layers: [String])
  /// Calibration statistics are those of another model.
  case otherStatistics(path: String, fingerprint: String, found: String)
  /// The file holds int8 layers in the layout of an earlier version of the format.
  case formerLayout(path: String)
  /// The file's metadata cannot be understood.
  case metadata(path: String, key: String, expected: String, found: String)

  public var description: String {
    switch self {
    case .misfit(let path, let audit): audit.explained(of: path)
    case .unrecognized(let path, let error): "\(path): \(error)"
    case .alreadyQuantized(let path, let precision, _):
      "\(path): precision: expected fp32, found \(precision)"
    case .foldedBatchNorms(let path, let layers):
      "\(path): analytic bias correction: expected batch norms by themselves, found \(layers.count) folded into convolutions, the first '\(layers.first ?? "")'"
    case .otherStatistics(let path, let fingerprint, let found):
      "\(path): statistics: expected those of this model, \(fingerprint), found those of \(found)"
    case .formerLayout(let path):
      "\(path): metadata 'stm.format': expected 2, since layers are in int8, found '1'"
    case .metadata(let path, let key, let expected, let found):
      "\(path): metadata '\(key)': expected \(expected), found '\(found)'"
    }
  }

  public var lines: [String] {
    if case .misfit(let path, let audit) = self { audit.lines(of: path) } else { [description] }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .misfit(_, let audit) where !audit.mistyped.isEmpty:
      "write the model again with stm-quantize"
    case .misfit, .unrecognized: "import the export again with stm-convert, naming every file of it"
    case .alreadyQuantized(let path, _, let source):
      "name the fp32 model that it was made from" + Self.whereabouts(of: source, madeInto: path)
    case .foldedBatchNorms:
      "import an export that keeps batch norms, or correct biases by clips: --bias-correction empirical --calibrate CLIP"
    case .otherStatistics(let path, _, _):
      "calibrate this model: stm-quantize calibrate \(path.shellWord) CLIP -o FILE"
    case .formerLayout: "quantize the fp32 model that it was made from again with stm-quantize"
    case .metadata: "write the model again with the same version of the tools"
    }
  }

  /// Where the file called `source` is, beside the one at `path` or in the folder of the process,
  /// or else what it is called.
  private static func whereabouts(of source: String?, madeInto path: String) -> String {
    guard let source else { return "" }
    let beside = FilePath.folder(of: path) == "." ? source : FilePath.folder(of: path) + source
    guard let place = [beside, source].first(where: FilePath.isRegularFile) else {
      return ", which was called \(source)"
    }
    return ": \(place.shellWord)"
  }
}
