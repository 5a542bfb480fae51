public import Models
import Quantization
import Tensors
public import Verification
public import WeightFiles

/// What was saved as a golden file, as text and as JSON (`Schemas/golden-recording.schema.json`).
public struct GoldenRecordingReport: JSONReport {
  struct Saved: Encodable {
    let name: String
    let shape: [Int]
  }

  let model: String
  let precision: String
  let clip: String
  let format: String
  let memorized: String
  let segmented: String
  let height: Int
  let width: Int
  let objects: Int
  let backend: String
  let arithmetic: String
  let tensors: [Saved]

  /// A report of `recording`, what `model` computed on `clip` by `backend` with `arithmetic`,
  /// written in `format`.
  public init(
    _ recording: GoldenRecording, of model: Model, clip: String, format: WrittenFormat,
    backend: String, arithmetic: String
  ) {
    self.model = model.path.split(separator: "/").last.map(String.init) ?? model.path
    precision = model.plan.name
    self.clip = clip
    self.format = format.rawValue
    memorized = recording.memorized
    segmented = recording.segmented
    height = recording.height
    width = recording.width
    objects = recording.objectCount
    self.backend = backend
    self.arithmetic = arithmetic
    tensors = recording.tensors.entries.map { Saved(name: $0.name, shape: $0.shape.dimensions) }
  }

  /// The report for a terminal; `output` is the file.
  public func text(output: String) -> String {
    let layers = tensors.count { !$0.name.hasPrefix("input/") }
    let elements = tensors.map { $0.shape.reduce(1, *) }.reduce(0, +)
    return """
      \(model) on \(clip): \(Numbers.count(objects, "object")) at \(height)x\(width), frame \(memorized) memorized, \
      frame \(segmented) segmented
      wrote \(layers) layers and 3 inputs to \(output): \(format), \(elements) numbers in binary32, \
      backend \(backend), \(arithmetic) arithmetic

      """
  }
}
