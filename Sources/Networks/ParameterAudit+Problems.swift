import Files
import Tensors

extension ParameterAudit {
  /// Every problem as one line: tensor, expected, found, file.
  public var problems: [String] {
    missing.map { "tensor '\($0.name)': expected shape \($0.shape), found none" }
      + misshapen.map {
        "tensor '\($0.name)': expected shape \($0.expected), found \($0.found) in \($0.source)"
      }
      + mistyped.map {
        let types = $0.expected.map(\.rawValue).joined(separator: " or ")
        return
          "tensor '\($0.name)': expected type \(types), found \($0.found.rawValue) in \($0.source)"
      }
      + unexpected.map {
        "tensor '\($0.name)': expected no such tensor, found shape \($0.shape) in \($0.source)"
      }
  }

  /// The problems of `source` as text: ``lines(of:)``, those behind the first indented.
  public func explained(of source: String) -> String { lines(of: source).listed }

  /// The problems of `source` as lines: one where there is only one, else a heading and the list.
  public func lines(of source: String) -> [String] {
    if problems.count == 1 { return ["\(source): \(problems[0])"] }
    let counts =
      "\(missing.count) missing, \(misshapen.count) misshapen, "
      + "\(unexpected.count) unexpected"
      + (mistyped.isEmpty ? "" : ", \(mistyped.count) of another type")
    return ["\(source): does not fit the network: \(counts)"] + problems
  }
}
