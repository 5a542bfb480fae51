public import Execution
public import Models
public import Networks
import Quantization
public import Segmentation
public import Tensors

/// What a model computes at one step of a clip, under the names of a golden file.
///
/// One frame is memorized and one is segmented with the memory of that frame alone, both padded to
/// multiples of 16 as in the loop; each layer is a step of its own, in binary32.
public struct GoldenRecording: Sendable {
  /// The inputs, then the outputs of layers in the order in which they run.
  public let tensors: TensorArchive
  /// The name of the frame that was memorized.
  public let memorized: String
  /// The name of the frame that was segmented.
  public let segmented: String
  /// The height and width of the frames with their padding.
  public let height: Int, width: Int
  /// The number of objects.
  public let objectCount: Int

  /// Runs `model` on two frames of `clip`, by their place in it, and keeps the layers whose golden
  /// names fit one of `patterns`; all where there are none.
  ///
  /// Throws ``VerificationError/precision(path:expected:found:)`` for a model with int8 layers,
  /// ``VerificationError/unmaskedFrame(clip:frame:)`` where the memorized frame has no mask,
  /// ``VerificationError/noGoldenLayer(pattern:)``, or what reading the clip and running throw.
  public init(
    of model: Model, clip: Clip, memorizing: Int, segmenting: Int,
    selecting patterns: [NamePattern] = [], backend: any Backend
  ) throws {
    guard !model.plan.hasIntegerLayers else {
      throw VerificationError.precision(
        path: model.path, expected: "fp32, fp16, bf16 or w8 layers", found: model.plan.name)
    }
    let inputs = try Self.inputs(of: clip, memorizing: memorizing, segmenting: segmenting)
    let run = try LayersRun(
      of: model, on: GoldenInputs(inputs, path: clip.name), backend: backend)
    for pattern in patterns where !run.values.keys.contains(where: pattern.matches) {
      throw VerificationError.noGoldenLayer(pattern: pattern.description)
    }
    let chosen = run.values.filter { value in
      patterns.isEmpty || patterns.contains { $0.matches(value.key) }
    }
    let outputs = chosen.sorted { ($0.value.order, $0.key) < ($1.value.order, $1.key) }
    tensors = try TensorArchive(
      inputs.entries + outputs.map { .init(name: $0.key, tensor: Tensor($0.value.1)) })
    memorized = clip.frameNames[memorizing]
    segmented = clip.frameNames[segmenting]
    let frames = inputs.entries[0].shape
    (height, width) = (frames[2], frames[3])
    objectCount = clip.objects.count
  }

  private static func inputs(
    of clip: Clip, memorizing: Int, segmenting: Int
  ) throws -> TensorArchive {
    let padding = FramePadding(height: clip.height, width: clip.width)
    guard let mask = memorizing == 0 ? clip.firstMask : try clip.truth(memorizing) else {
      throw VerificationError.unmaskedFrame(clip: clip.name, frame: clip.frameNames[memorizing])
    }
    let objects = mask.probabilities(of: clip.objects)
      .sliced(1..<clip.objects.count + 1, axis: 0)
    let masks = padding.pad(objects)
    let frames = [
      padding.pad(try clip.frame(memorizing)), padding.pad(try clip.frame(segmenting)),
    ]
    let stacked = FloatTensor(
      shape: [2, 3, padding.paddedHeight, padding.paddedWidth],
      values: frames.flatMap(\.values))
    return try TensorArchive([
      .init(name: "input/frames", tensor: Tensor(stacked)),
      .init(name: "input/masks", tensor: Tensor(masks)),
      .init(name: "input/others", tensor: Tensor(VideoSegmentation.others(masks))),
    ])
  }
}
