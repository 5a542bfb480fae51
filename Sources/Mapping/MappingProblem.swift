import Files

/// What forbids an import, on one line.
public enum MappingProblem: Sendable, Hashable, CustomStringConvertible {
  /// The tensors that `found` names could be each of `candidates`; where they are a whole network
  /// beside another, `network` is the pattern of their names.
  case ambiguous(found: String, candidates: [String], network: String?)
  /// `parameter`, which `tensor` is, normalizes frames of other numbers than those from 0 to 1.
  case range(parameter: String, tensor: String, values: [Float])
  /// `parameter`, which `tensor` is, is ImageNet's mean in another order of channels.
  case reversedMean(parameter: String, tensor: String)
  /// A graph computes something else than the network, as the sentence says.
  case graph(String)
  /// Anything else, as the sentence says.
  case other(String)

  public var description: String {
    switch self {
    case .ambiguous(let found, let candidates, _):
      "\(found): could be \(candidates.joined(separator: " or "))"
    case .range(let parameter, let tensor, let values):
      "tensor '\(parameter)': expected numbers for frames from 0 to 1, found \(values.count) others "
        + "in \(tensor), the first \(values[0]) at element 0"
    case .reversedMean(let parameter, let tensor):
      "tensor '\(parameter)': expected a mean of red, green and blue, found ImageNet's of blue, "
        + "green and red in \(tensor)"
    case .graph(let sentence), .other(let sentence): sentence
    }
  }

  /// What to do about it; nil where only the export as a whole can tell.
  var hint: String? {
    switch self {
    case .ambiguous(_, _, let network?):
      "of several networks leave out all but one: --allow-unexpected \(network.shellWord)"
    case .ambiguous(_, let candidates, nil):
      candidates.contains { $0.hasSuffix("conv1_m") }
        ? "say which input is which with --bind INPUT=mask and --bind INPUT=others" : nil
    case .range:
      "let the network normalize frames from 0 to 1, not to 255, and export it again"
    case .reversedMean:
      "if the network was trained on frames as OpenCV reads them: --channels bgr; if on others: "
        + "--channels rgb"
    case .graph:
      "the export computes something else than this network; --match names takes its weights "
        + "without looking at its graph"
    case .other: nil
    }
  }
}
