public import Files

/// What can keep a comparison from being made.
public enum VerificationError: DiagnosticError, Equatable {
  /// The golden file lacks an input.
  case missingGolden(path: String, tensor: String)
  /// A tensor of the golden file does not have the shape that the network needs.
  case goldenShape(path: String, tensor: String, expected: String, found: String)
  /// A frame of a clip has no mask, so that it cannot be memorized.
  case unmaskedFrame(clip: String, frame: String)
  /// No golden tensor of the network has a name that fits.
  case noGoldenLayer(pattern: String)
  /// The two models are not of one configuration.
  case configurations(reference: String, candidate: String)
  /// A layer of the candidate is in a finer precision than the reference's.
  case finerCandidate(
    path: String, layer: String, reference: String, candidate: String, referencePath: String)
  /// The model's precision cannot be compared this way.
  case precision(path: String, expected: String, found: String)
  /// A graph is no part of the model's network.
  case otherNetwork(path: String, model: String, configuration: String)
  /// An input of an exporter's graph asks for what the network does not have.
  case sourceInput(path: String, input: String, expected: String, found: String)
  /// A gate is malformed, or selects nothing; `column` counts the characters before the problem.
  case gate(expression: String, column: Int, problem: String, hint: String)
  /// A folder holds no conformance tests.
  case noConformanceTests(path: String)

  public var description: String {
    switch self {
    case .missingGolden(let path, let tensor): "\(path): tensor '\(tensor)' is missing"
    case .goldenShape(let path, let tensor, let expected, let found):
      "\(path): tensor '\(tensor)': expected shape \(expected), found \(found)"
    case .unmaskedFrame(let clip, let frame):
      "\(clip): frame \(frame): expected a mask to memorize it with, found none"
    case .noGoldenLayer(let pattern):
      "no layer fits '\(pattern)'"
    case .configurations(let reference, let candidate):
      "the models differ in configuration: expected \(reference), found \(candidate)"
    case .finerCandidate(let path, let layer, let reference, let candidate, _):
      "\(path): layer '\(layer)': expected no finer precision than the reference's \(reference), found \(candidate)"
    case .precision(let path, let expected, let found):
      "\(path): precision: expected \(expected), found \(found)"
    case .otherNetwork(let path, let model, let configuration):
      "\(path): expected layers of the network in \(model) (\(configuration)), found none"
    case .sourceInput(let path, let input, let expected, let found):
      "\(path): input '\(input)': expected \(expected), found \(found)"
    case .gate: lines.listed
    case .noConformanceTests(let path):
      "\(path): expected folders node/test_... with tests, found none"
    }
  }

  public var lines: [String] {
    guard case .gate(let expression, let column, let problem, _) = self else {
      return [description]
    }
    return ["gate: \(problem)", expression, String(repeating: " ", count: column) + "^"]
  }

  public var fault: Fault {
    switch self {
    case .gate, .noGoldenLayer, .finerCandidate: .usage
    case .unmaskedFrame: .missingInput
    default: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .missingGolden, .goldenShape:
      "a golden file holds input/frames [2, 3, H, W], input/masks and input/others [N, 1, H, W]"
    case .unmaskedFrame:
      "memorize a frame that has a mask under masks/; the first always has one"
    case .noGoldenLayer:
      "names are as in 'memorize/Encoder_M.res2.0.conv1' and 'segment/Decoder.pred2'"
    case .configurations: "compare a model with a quantized copy of itself"
    case .finerCandidate(let path, _, _, _, let reference):
      "name the finer model first, which the other is held against: "
        + [path, reference].shellWords
    case .precision: "name the model that it was quantized from"
    case .otherNetwork: "name the files that the model was imported from"
    case .sourceInput:
      "--size HEIGHTxWIDTH and --memory FRAMES set what the graphs leave open, and nothing else"
    case .gate(_, _, _, let hint): hint
    case .noConformanceTests:
      "name the folder onnx/backend/test/data of the Python package onnx, unpacked"
    }
  }
}
