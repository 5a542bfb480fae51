import Execution
import Files
import Foundation
import Networks
import Quantization
import STMModel
import Safetensors
import Tensors

/// A case as a folder:
///
///     README.md               what it is, for people
///     case.json               what is run, and how (Schemas/repro-case.schema.json)
///     values.safetensors      what was read and made, binary32
///     reference.safetensors   what the reference's model file holds for the layer
///     candidate.safetensors   what the candidate's holds
extension ReproCase {
  /// The names of the files.
  enum File: String, CaseIterable {
    case readme = "README.md"
    case description = "case.json"
    case values = "values.safetensors"
    case reference = "reference.safetensors"
    case candidate = "candidate.safetensors"
  }

  /// The paths of the files of the case in the folder `path`.
  public static func files(in path: String) -> [String] {
    File.allCases.map { "\(path)/\($0.rawValue)" }
  }

  /// Checks that a case can be written to the folder `path`: that it is not there, or empty.
  ///
  /// Throws ``FindingError/folder(path:)`` or `FileError`.
  public static func check(_ path: String) throws {
    guard Folder.exists(at: path) else { return }
    guard try Folder.names(at: path).isEmpty else { throw FindingError.folder(path: path) }
  }

  /// Writes the case to the folder `path`, which is made where it is missing.
  ///
  /// Throws `FileError` or what encoding throws.
  public func write(to path: String) throws {
    try Folder.create(at: path)
    func file(_ file: File) -> String { "\(path)/\(file.rawValue)" }
    var values = zip(candidate.step.inputs, inputs).map { ("input/\($0)", $1) }
    for (name, pair) in zip(candidate.step.inputs, zip(inputs, candidateInputs))
    where !pair.0.hasBits(of: pair.1) {
      values.append(("candidate-input/\(name)", pair.1))
    }
    values += [("reference", referenceOutput), ("candidate", candidateOutput)]
    let entries = values.map { TensorArchive.Entry(name: $0, tensor: Tensor($1)) }
    try SafetensorsFile.write(try TensorArchive(entries), to: file(.values))
    try SafetensorsFile.write(try reference.weights.alone, to: file(.reference))
    try SafetensorsFile.write(try candidate.weights.alone, to: file(.candidate))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = Self.nonFinite.encoding
    let json = String(decoding: try encoder.encode(description), as: UTF8.self) + "\n"
    try AtomicFile.write(Array(json.utf8), to: file(.description))
    try AtomicFile.write(Array(readme.utf8), to: file(.readme))
  }

  /// Reads the case in the folder `path`.
  ///
  /// Throws ``FindingError/repro(path:problem:)``, `FileError`, or what reading safetensors and
  /// binding throw.
  public init(path: String) throws {
    guard Folder.exists(at: path) else {
      guard FilePath.exists(path) else { throw FileError.notFound(path: path) }
      throw FindingError.repro(path: path, problem: "expected the folder of a case, found a file")
    }
    func file(_ file: File) -> String { "\(path)/\(file.rawValue)" }
    let description = try Self.description(at: file(.description))
    func side(_ side: ReproDescription.Side, _ weights: File) throws -> ReproSide {
      do {
        return try ReproSide(
          description.layer, of: STMNetwork(description.configuration),
          plan: try PrecisionPlan(json: side.plan, source: file(.description)),
          weights: try SafetensorsFile.read(file(weights)), topK: description.topK)
      } catch let error as FindingError {
        throw FindingError.repro(path: file(.description), problem: "layer: \(error)")
      } catch ParameterError.missing(let name) {
        throw FindingError.repro(
          path: file(weights), problem: "expected tensor '\(name)', found none")
      }
    }
    let (reference, candidate) = (
      try side(description.reference, .reference), try side(description.candidate, .candidate)
    )
    let values = try SafetensorsFile.read(file(.values))
    func tensor(_ name: String) throws -> FloatTensor {
      guard let entry = values[name] else {
        throw FindingError.repro(
          path: file(.values), problem: "expected tensor '\(name)', found none")
      }
      return try entry.floats()
    }
    let inputs = try candidate.step.inputs.map { try tensor("input/\($0)") }
    let candidateInputs = try zip(candidate.step.inputs, inputs).map { name, input in
      values["candidate-input/\(name)"] == nil ? input : try tensor("candidate-input/\(name)")
    }
    self.init(
      description, reference, candidate, inputs: (inputs, candidateInputs),
      outputs: (try tensor("reference"), try tensor("candidate")))
    for inputs in [inputs, candidateInputs] {
      let expected = try candidate.step.outputShape(for: inputs.map(\.shape))
      for (name, output) in [("reference", referenceOutput), ("candidate", candidateOutput)]
      where output.shape != expected {
        throw FindingError.repro(
          path: file(.values),
          problem: "tensor '\(name)': expected shape \(expected), found \(output.shape)")
      }
    }
  }

  private static func description(at path: String) throws -> ReproDescription {
    let file = try FileBytes(path: path)
    let limit = 1 << 20
    guard file.count <= limit else {
      throw FindingError.repro(
        path: path, problem: "expected at most \(limit) bytes, found \(file.count)")
    }
    let bytes = file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = nonFinite.decoding
    let description: ReproDescription
    do {
      description = try decoder.decode(ReproDescription.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw FindingError.repro(
        path: path, problem: "expected the JSON of a case, found \(error.found)")
    }
    guard description.format == ReproDescription.currentFormat else {
      throw FindingError.repro(
        path: path,
        problem: "format: expected \(ReproDescription.currentFormat), found \(description.format)")
    }
    guard description.configuration.isPlausible, description.topK.map({ $0 >= 1 }) ?? true,
      description.frame >= 0
    else {
      throw FindingError.repro(
        path: path,
        problem: "configuration, topK and frame: expected positive numbers, found others")
    }
    return description
  }

  private static var nonFinite:
    (
      encoding: JSONEncoder.NonConformingFloatEncodingStrategy,
      decoding: JSONDecoder.NonConformingFloatDecodingStrategy
    )
  {
    (
      .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN"),
      .convertFromString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    )
  }

  private var readme: String {
    let (step, side) = (candidate.step, description.candidate)
    let inputs = zip(zip(step.inputs, self.inputs), side.inputs)
      .map { "- `\($0.0)`, \($0.1.shape), held by the candidate as \($1)" }
    return """
      # Layer \(layer) alone

      One layer of a space-time memory network, of program `\(program)`, in frame \(frame) of a clip:
      \(description.attributes.operation)\(step.appliesReLU ? ", ReLU" : "")\
      \(step.addsResidual ? ", added to its last input" : ""), covering
      \(description.covers.map { "`\($0)`" }.joined(separator: ", ")).

      The reference computes it in \(description.reference.precision), the candidate in \
      \(side.precision), which
      holds the result as \(side.output). The candidate was given what the reference's
      layers made, so that the error is this layer's own.

      It reads
      \(inputs.joined(separator: "\n"))

      | file | holds |
      |---|---|
      | `case.json` | what is run, and how; the error that was found |
      | `values.safetensors` | `input/...` what the layer reads, `candidate-input/...` where the candidate's programs hand it over rounded, `reference` and `candidate` what both made; binary32, [N, C, H, W] |
      | `reference.safetensors` | the layer's tensors in the reference's model file |
      | `candidate.safetensors` | the layer's tensors in the candidate's |

      Run it with

          stm-verify run-repro .
          stm-verify run-repro . --backend reference

      """
  }
}

extension TensorArchive {
  /// The tensors without what the file says of itself.
  fileprivate var alone: TensorArchive { get throws { try TensorArchive(entries) } }
}
