public import Files
public import STMModel

/// What can keep an export from being mapped onto the network.
public enum MappingError: DiagnosticError, Equatable {
  /// No network can be recognized in the export's tensors.
  case unrecognized(sources: [String], STMConfigurationError)
  /// Tensors have a type that the suite does not have; every reason is listed.
  case unreadable([String])
  /// The export does not fit the network; everything that is wrong is listed.
  case misfit(sources: [String], problems: [MappingProblem])
  /// The export holds a network whose weights are quantized.
  case quantizedExport(path: String, operators: [String])
  /// The file is a model of this suite whose weights are integers.
  case quantizedModel(path: String, precision: String)
  /// The files hold nothing but what training leaves in a checkpoint beside the weights.
  case trainingState(sources: [String])
  /// An optimizer arranged the weights for one kind of processor.
  case processorLayout(path: String, node: String, domain: String)
  /// A graph computes a kernel or a bias in a way that is not known.
  case computedWeight(path: String, node: String, operation: String)
  /// The export holds the trunk of an encoder and no keys, values and decoder.
  case backbone(sources: [String], width: Int, blocks: [Int])
  /// The trunk is a ResNet-18 or 34.
  case basicBlocks(sources: [String])
  /// A file of rules is not YAML, or not rules.
  case malformedRules(path: String, line: Int, reason: String)
  /// A name's `$` is not followed by the number of a capture.
  case template(String)
  /// A binding names an input that no graph has.
  case unknownInput(binding: String, inputs: [String])
  /// A file has no graph that could be run.
  case noGraph(path: String)
  /// What a graph is given through an input is open.
  case inputRole(path: String, input: String, candidates: [String])

  public var description: String {
    switch self {
    case .unrecognized(let sources, let error):
      "\(sources.joined(separator: ", ")): \(error)"
    case .unreadable, .misfit: lines.listed
    case .quantizedExport(let path, let operators):
      "\(path): expected a floating-point model, found a quantized one, with the operators "
        + operators.joined(separator: ", ")
    case .quantizedModel(let path, let precision):
      "\(path): expected weights of an export, found a model of these tools in \(precision)"
    case .trainingState(let sources):
      "\(sources.joined(separator: ", ")): expected the weights of a network, found nothing but "
        + "the state of its training"
    case .processorLayout(let path, let node, let domain):
      "\(path): \(node): expected operators of ONNX, found one of '\(domain)', whose weights are "
        + "arranged for one kind of processor"
    case .computedWeight(let path, let node, let operation):
      "\(path): \(node): expected weights that the file holds or that arithmetic makes of constants, "
        + "found some that \(operation) makes"
    case .backbone(let sources, let width, let blocks):
      "\(sources.joined(separator: ", ")): expected a whole network, found only trunks of width "
        + "\(width) with blocks \(blocks)"
    case .basicBlocks(let sources):
      "\(sources.joined(separator: ", ")): expected the bottleneck blocks of ResNet-50, found the "
        + "basic blocks of ResNet-18 or 34"
    case .malformedRules(let path, let line, let reason): "\(path): line \(line): \(reason)"
    case .template(let text):
      "name '\(text)': expected a number from 1 to 9 behind '$', as in $1 or $(1-1), found none"
    case .unknownInput(let binding, let inputs):
      inputs.isEmpty
        ? "--bind '\(binding)': expected a file with a graph, found none"
        : "--bind '\(binding)': expected one of the inputs "
          + "\(inputs.map { "'\($0)'" }.joined(separator: ", ")), found none"
    case .noGraph(let path): "\(path): expected an ONNX graph, found none"
    case .inputRole(let path, let input, let candidates):
      candidates.isEmpty
        ? "\(path): input '\(input)': expected an input of the network, found none that fits "
          + "what the graph does with it"
        : "\(path): input '\(input)': expected one role, found "
          + candidates.joined(separator: " or ")
    }
  }

  public var lines: [String] {
    switch self {
    case .unreadable(let reasons): reasons
    case .misfit(let sources, let problems):
      problems.count == 1
        ? ["\(sources.joined(separator: ", ")): \(Self.unlabelled(problems[0], in: sources))"]
        : [
          "\(sources.joined(separator: ", ")): does not fit the network: "
            + "\(problems.count) problems"
        ] + problems.map(\.description)
    default: [description]
    }
  }

  public var fault: Fault {
    if case .unknownInput = self { .usage } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .unreadable: "export the model again in binary32"
    case .unrecognized(let sources, _):
      Self.everyFile(of: sources)
        + "; list what a file holds: stm-convert inspect \((sources.first ?? "FILE").shellWord)"
    case .misfit(let sources, let problems): Self.hint(of: problems, in: sources)
    case .quantizedExport: "export the model before it is quantized, and quantize with stm-quantize"
    case .quantizedModel:
      "it is a model already: use it as it is, or name the fp32 model that it was made from"
    case .trainingState: "name the checkpoint that holds what model.state_dict() gives"
    case .processorLayout:
      "let the optimizer write its extended level at most, or import the file that it was given"
    case .computedWeight:
      "let the exporter or an optimizer fold constants, or import the file that it was given"
    case .backbone(let sources, _, _):
      Self.everyFile(of: sources)
        + "; to start a model from a ResNet backbone: --into Encoder_Q,Encoder_M --partial"
    case .basicBlocks: "only trunks of ResNet-50's kind are supported"
    case .malformedRules, .template:
      "Schemas/mapping-rules.schema.json describes the file; stm-convert map --suggest writes one "
        + "to start from"
    case .noGraph: "name the .onnx files of the export"
    case .inputRole(_, _, []):
      "name an export of the model's network; stm-convert map FILE shows where it is another one"
    case .inputRole: "say what the graph is given through it with --bind INPUT=ROLE"
    case .unknownInput: "list a file's inputs with: stm-convert inspect FILE"
    }
  }

  /// What to do about `problems` of the export in `sources`; the first that tells is followed.
  private static func hint(of problems: [MappingProblem], in sources: [String]) -> String {
    problems.lazy.compactMap(\.hint).first
      ?? everyFile(of: sources)
      + "; --map RULES.yaml names what is called otherwise; --allow-missing GLOB and "
      + "--allow-unexpected GLOB accept what is known to differ"
  }

  /// The endings of files of which exporters write several for one network.
  private static let endingsOfParts: Set = [".onnx", ".keras", ".h5", ".hdf5"]

  /// What to do where files of the export in `sources` may be missing: with those beside them.
  private static func everyFile(of sources: [String]) -> String {
    guard let first = sources.first, let end = FilePath.ending(of: first),
      endingsOfParts.contains(end.lowercased())
    else { return "name every file of the export" }
    let others = Nearby.companions(of: first, but: sources)
    return "name every file of the export"
      + (others.isEmpty ? "" : "; beside are: \(others.shellWords)")
  }

  /// `problem` without the name of the only file.
  private static func unlabelled(_ problem: MappingProblem, in sources: [String]) -> String {
    let text = problem.description
    guard sources.count == 1 else { return text }
    let label = "\(FilePath.name(of: sources[0])): "
    return text.hasPrefix(label) ? String(text.dropFirst(label.count)) : text
  }
}
