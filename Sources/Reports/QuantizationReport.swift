import Foundation
public import Quantization
import Tuning

/// What a quantization wrote, as text and as JSON (`Schemas/quantization-report.schema.json`).
public struct QuantizationReport: JSONReport {
  let precision: String
  let sourceBytes: Int
  let outputBytes: Int
  let sizeRatio: Double
  let tensors: Int
  let method: OrNull<String>
  let search: OrNull<SearchReport>

  /// A report of a file of `outputBytes` bytes made from one of `sourceBytes`; `precision` is its
  /// plan's name, `method` found the ranges of activations, where there are any, and `search` the plan,
  /// where one was searched for.
  public init(
    precision: String, sourceBytes: Int, outputBytes: Int, tensors: Int,
    method: RangeMethod? = nil, search: SearchReport? = nil
  ) {
    self.search = OrNull(search)
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
    \(search.value.map { "\($0.text)" } ?? "")wrote \(output): \(precision)\(method.value.map { ", ranges by \($0)" } ?? ""), \(tensors) tensors, \(outputBytes) bytes, \
    \(Numbers.ratio(sizeRatio)) of the fp32 file's \(sourceBytes)

    """
  }
}
