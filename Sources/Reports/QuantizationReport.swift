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

  /// A report of a file of `outputBytes` bytes made from one of `sourceBytes`; `precision` is its
  /// plan's name, and `method` found the ranges of activations, where there are any.
  public init(
    precision: String, sourceBytes: Int, outputBytes: Int, tensors: Int,
    method: RangeMethod? = nil
  ) {
    self.method = OrNull(method?.description)
    self.precision = precision
    self.sourceBytes = sourceBytes
    self.outputBytes = outputBytes
    self.tensors = tensors
    sizeRatio = Double(outputBytes) / Double(sourceBytes)
  }

  /// The report for a terminal.
  public func text(output: String) -> String {
    """
    wrote \(output): \(precision)\(method.value.map { ", ranges by \($0)" } ?? ""), \(tensors) tensors, \(outputBytes) bytes, \
    \(Numbers.ratio(sizeRatio)) of the fp32 file's \(sourceBytes)

    """
  }
}
