import Foundation
public import Quantization

/// What a quantization wrote, as text and as JSON (`Schemas/quantization-report.schema.json`).
public struct QuantizationReport: JSONReport {
  let precision: String
  let sourceBytes: Int
  let outputBytes: Int
  let sizeRatio: Double
  let tensors: Int
  let method: OrNull<String>
  let repairs: Repairs
  let zeroKernels: [Channels]
  let silenced: [Channels]
  let zeroValues: [Value]
  let wideBiases: [Channels]
  let search: OrNull<SearchReport>

  struct Repairs: Encodable {
    let equalization: Bool
    let biasCorrection: OrNull<String>
    let uncorrectedBiases: [String]
    let rounding: OrNull<String>
  }

  struct Channels: Encodable {
    let layer: String
    let channels: [Int]

    init(_ channels: QuantizationNotes.Channels) {
      layer = channels.layer
      self.channels = channels.indices
    }
  }

  struct Value: Encodable {
    let program: String
    let name: String
  }

  /// A report of a file of `outputBytes` bytes made from one of `sourceBytes`; `precision` is its
  /// plan's name, `method` found the ranges of activations, where there are any; `quantization` made
  /// integers of kernels, where there are any, and had to leave the biases of the layers
  /// `uncorrected`; `notes` are on its layers in 8-bit integers; `search` found the plan, where one
  /// was searched for.
  public init(
    precision: String, sourceBytes: Int, outputBytes: Int, tensors: Int,
    method: RangeMethod? = nil, quantization: WeightQuantization? = nil,
    uncorrected: [String] = [], notes: QuantizationNotes, search: SearchReport? = nil
  ) {
    repairs = Repairs(
      equalization: quantization?.equalizes ?? false,
      biasCorrection: OrNull(quantization?.biasCorrection?.rawValue),
      uncorrectedBiases: uncorrected,
      rounding: OrNull(quantization.map { $0.rounding == nil ? "nearest" : "adaptive" }))
    self.search = OrNull(search)
    self.method = OrNull(method?.description)
    self.precision = precision
    self.sourceBytes = sourceBytes
    self.outputBytes = outputBytes
    self.tensors = tensors
    zeroKernels = notes.zeroKernels.map(Channels.init)
    silenced = notes.silenced.map(Channels.init)
    zeroValues = notes.zeroValues.map { Value(program: $0.program, name: $0.name) }
    wideBiases = notes.wideBiases.map(Channels.init)
    sizeRatio = Double(outputBytes) / Double(sourceBytes)
  }

  /// The report for a terminal: one line, and one for each note.
  public func text(output: String) -> String {
    let ranges = method.value.map { ", ranges by \($0)" } ?? ""
    let lines =
      [
        "wrote \(output): \(precision)\(ranges), \(tensors) tensors, \(outputBytes) bytes, "
          + "\(Numbers.ratio(sizeRatio)) of the fp32 file's \(sourceBytes)"
      ]
      + repairs.lines
      + Self.lines("kernels of zeros, results are biases", zeroKernels)
      + Self.lines("always 0 after the ReLU", silenced)
      + zeroValues.map { "note: value '\($0.name)' of program '\($0.program)': 0 in every clip" }
      + Self.lines("biases beyond 32 bits, added in fp32", wideBiases)
    return (search.value.map { "\($0.text)" } ?? "") + lines.joined(separator: "\n") + "\n"
  }

  private static func lines(_ what: String, _ layers: [Channels]) -> [String] {
    layers.map { layer in
      let shown = layer.channels.prefix(8).map(String.init).joined(separator: ", ")
      let more = layer.channels.count > 8 ? ", ..." : ""
      let count = layer.channels.count == 1 ? "1 channel" : "\(layer.channels.count) channels"
      return
        "note: layer '\(layer.layer)': \(count): \(what): \(shown)\(more)"
    }
  }
}

extension QuantizationReport.Repairs {
  /// What was done to kernels and biases, and where it could not be.
  fileprivate var lines: [String] {
    guard let rounding = rounding.value else { return [] }
    let done =
      ["kernels rounded \(rounding == "nearest" ? "to the nearest" : "adaptively")"]
      + (equalization ? ["channels equalized"] : [])
      + (biasCorrection.value.map { ["\($0) bias correction"] } ?? [])
    guard let first = uncorrectedBiases.first else { return [done.joined(separator: ", ")] }
    return [
      done.joined(separator: ", "),
      "note: biases of \(Numbers.count(uncorrectedBiases.count, "layer")) not corrected, since no batch "
        + "norm makes what they read; the first: '\(first)'",
    ]
  }
}
