import Quantization
public import Tuning

/// What a plan makes of every layer, as text and as JSON (`Schemas/plan-report.schema.json`).
public struct PlanReport: JSONReport {
  struct Layer: Encodable {
    let name: String
    let program: String
    let covers: [String]
    let precision: Precision
    let result: Precision
    let float32Bytes: Int
    let bytes: Int
    let multiplications: Int
    let share: OrNull<Double>
    let integer: Bool
    let staysWide: Bool
    let reason: String
  }

  struct Memory: Encodable {
    let name: String
    let precision: Precision
    let float32Bytes: Int
    let bytes: Int
    let reason: String
  }

  let precision: String
  let verdict: Verdict
  let height: Int
  let width: Int
  let multiplications: Int
  let coverage: Double
  let requiredCoverage: OrNull<Double>
  let fileBytes: Int
  let float32Bytes: Int
  let bytes: Int
  let sizeRatio: Double
  let layers: [Layer]
  let memories: [Memory]

  /// A report of `coverage` for a model file of `fileBytes` bytes; a gate where `required` says which
  /// share of the convolutions' work must be in int8.
  public init(_ coverage: PlanCoverage, fileBytes: Int, required: Double? = nil) {
    precision = coverage.plan.name
    verdict = Verdict(coverage.integerShare >= required ?? 0)
    (height, width) = (coverage.height, coverage.width)
    multiplications = coverage.multiplications
    self.coverage = coverage.integerShare
    requiredCoverage = OrNull(required)
    self.fileBytes = fileBytes
    (float32Bytes, bytes) = (coverage.float32Bytes, coverage.bytes)
    sizeRatio = Double(coverage.bytes) / Double(max(coverage.float32Bytes, 1))
    layers = coverage.layers.map { layer in
      Layer(
        name: layer.name, program: layer.program, covers: layer.covers,
        precision: layer.precision, result: layer.result, float32Bytes: layer.float32Bytes,
        bytes: layer.bytes, multiplications: layer.multiplications, share: OrNull(layer.share),
        integer: layer.isInteger, staysWide: layer.staysWide, reason: layer.reason)
    }
    memories = coverage.memories.map {
      Memory(
        name: $0.name, precision: $0.precision, float32Bytes: $0.float32Bytes, bytes: $0.bytes,
        reason: $0.reason)
    }
  }

  /// Whether the gate held, if there is one.
  public var passes: Bool { verdict == .pass }

  /// The report for a terminal: every layer, the memories, what stays wide in int8, and the sums.
  public var text: String {
    let layerTable = Table(
      titles: ["layer", "precision", "result", "reason", "fp32 bytes", "bytes", "MMAC", "share"],
      textColumns: 4,
      rows: layers.map { layer in
        [
          layer.name, layer.precision.rawValue, layer.result.rawValue, layer.reason,
          "\(layer.float32Bytes)", "\(layer.bytes)",
          Numbers.decibels(Double(layer.multiplications) / 1e6),
          layer.share.value.map { Numbers.ratio($0) } ?? "",
        ]
      })
    let memoryTable = Table(
      titles: ["memory", "precision", "reason", "fp32 bytes a frame", "bytes a frame"],
      textColumns: 3,
      rows: memories.map {
        [$0.name, $0.precision.rawValue, $0.reason, "\($0.float32Bytes)", "\($0.bytes)"]
      })
    let gate = requiredCoverage.value.map { ", required \(Numbers.ratio($0)): \(verdict.rawValue)" }
    let work = Numbers.significant(Double(multiplications) / 1e9)
    let lines =
      [
        "\(precision) at \(height)x\(width), one object, one frame in memory:", "",
        layerTable.text, memoryTable.text,
      ] + layers.filter(\.staysWide).map { "wide: \($0.name): \($0.reason)" } + [
        "convolutions: \(work) GMAC, of which \(Numbers.ratio(coverage)) accumulate in 32 bits "
          + "from 8-bit operands\(gate ?? "")",
        "tensors: \(bytes) bytes, \(Numbers.ratio(sizeRatio)) of \(float32Bytes) in fp32; "
          + "this file: \(fileBytes) bytes",
      ]
    return lines.joined(separator: "\n") + "\n"
  }
}
