public import Files

/// What can keep a cause from being looked for.
public enum FindingError: DiagnosticError, Equatable {
  /// Layers of the candidate do not correspond to the reference's.
  case layout(reference: String, candidate: String, layers: [String])
  /// The model that layers are to be kept as in is not in binary32.
  case notWide(path: String, found: String)
  /// A command that should judge models did something else.
  case judge(command: String, found: String)
  /// The network has no such layer.
  case noLayer(_ name: String, nearest: [String])
  /// The clip does not run a layer in a frame.
  case frame(layer: String, expected: String, found: Int)
  /// No layer is beyond its tolerance.
  case noCause
  /// A folder that a case should be written to holds files.
  case folder(path: String)
  /// A file of a case cannot be understood.
  case repro(path: String, problem: String)

  public var description: String {
    switch self {
    case .layout(let reference, let candidate, let layers):
      "\(candidate): expected the layers of \(reference), found others: "
        + layers.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
        + (layers.count > 8 ? " and \(layers.count - 8) more" : "")
    case .notWide(let path, let found):
      "\(path): precision: expected fp32, which layers are kept in, found \(found)"
    case .judge(let command, let found):
      "--check '\(command)': expected exit code 0 to 125, found \(found)"
    case .noLayer(let name, let nearest):
      "expected a layer of the network, found '\(name)'"
        + (nearest.isEmpty
          ? "" : "; near: " + nearest.map { "'\($0)'" }.joined(separator: ", "))
    case .frame(let layer, let expected, let found):
      "layer '\(layer)': expected a frame from \(expected), found \(found)"
    case .noCause: "expected a layer beyond its tolerance, found none"
    case .folder(let path): "\(path): expected an empty folder or none, found files"
    case .repro(let path, let problem): "\(path): \(problem)"
    }
  }

  public var fault: Fault {
    switch self {
    case .judge, .noLayer, .frame: .usage
    case .noCause: .unmet
    case .folder: .cannotCreateOutput
    case .layout, .notWide, .repro: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .layout: "compare a model with a quantized copy of itself"
    case .notWide: "name the fp32 model that the candidate was made from first"
    case .judge:
      "the command is given a model file and exits with 0 where it will do, 1 to 124 where not, 125 "
        + "where it cannot tell"
    case .noLayer: "name a layer as the report of stm-verify --json does"
    case .frame: "memorize runs in every frame but the last, the other programs from frame 1 on"
    case .noCause: "name one with --layer NAME"
    case .folder: "name another folder"
    case .repro: "write the case again with stm-verify repro"
    }
  }
}
