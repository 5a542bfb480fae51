import CommandSupport
import Models
import Quantization
import Safetensors
import Segmentation
import Tensors
import Tuning

/// The search that `--precision mixed` asks for.
struct SearchPlan {
  /// What is searched for.
  let request: ModelSearch.Request
  /// The clips that plans are measured on.
  let clips: [Clip]

  private let source: Model
  private let times: LayerTimes?
  private let state: String?

  /// A search for a plan of `source`, whose file has `sourceBytes` bytes, measured on `clips`.
  ///
  /// Throws what reading profiles throws.
  init(
    of source: Model, _ options: SearchOptions, _ plan: PlanOptions, clips: [Clip],
    sourceBytes: Int
  ) throws {
    self.source = source
    self.clips = clips
    state = options.state
    times =
      options.profile.isEmpty
      ? nil : try LayerTimes(paths: options.profile, of: source.network)
    request = ModelSearch.Request(
      SearchConstraints(
        maximumBytes: options.maxSize?.bytes(of: sourceBytes),
        maximumMilliseconds: options.maxLatency?.milliseconds, minimumIoU: options.minIoU),
      candidates: options.candidates?.precisions ?? times?.precisions
        ?? ModelSearch.Request.standardCandidates,
      kept: plan.keep, memory: plan.memoryPrecision,
      maximumTrials: options.maxEvaluations ?? ModelSearch.Request.standardTrials)
  }

  /// What is recorded in the metadata of a model.
  func settings(_ options: SearchOptions) -> [String: String] {
    var settings = ["candidates": request.candidates.map(\.rawValue).joined(separator: ",")]
    settings["max-size"] = options.maxSize?.text
    settings["min-iou"] = options.minIoU.map { "\($0)" }
    settings["max-latency"] = options.maxLatency.map { "\($0.milliseconds)ms" }
    settings["max-evaluations"] = options.maxEvaluations.map(String.init)
    settings["search-clip"] = clips.listing
    return settings
  }

  /// Searches. `settings` tell how plans are made with `quantization` from other ways to do so, and
  /// `metadata` is what the file of a plan has.
  ///
  /// Throws `TuningError` or what reading and measuring throw.
  func run(
    _ quantization: PlanQuantization, settings: [String: String], _ backend: BackendOptions,
    isQuiet: Bool, metadata: @escaping (PrecisionPlan) throws -> ModelMetadata
  ) throws -> ModelSearch.Outcome {
    let total = clips.reduce(0) { $0 + $1.frameCount - 1 }
    let segmenting = Progress("segmenting", total: total, isQuiet: isQuiet)
    let needsIntegers = (request.candidates + request.kept.map(\.precision)).contains(.int8)
    let evaluation = try PlanEvaluation(
      source, quantization,
      backend: try backend.make(for: PrecisionPlan(needsIntegers ? .int8 : .float32)),
      clips: clips, progress: segmenting.show)
    let origin =
      state == nil ? [:] : try evaluation.origin().merging(settings) { own, _ in own }
    let search = try ModelSearch(
      request, of: evaluation, state: try SearchState(path: state, origin: origin), times: times
    ) { [source] plan in
      let outline = try source.outline(of: plan, equalizes: quantization.weights.equalizes)
      return try SafetensorsFile.byteCount(
        of: TensorArchive(outline.entries, metadata: try metadata(plan).entries))
    }
    var (title, bar): (String, Progress?) = ("", nil)
    return try search.run { next, done, total in
      if title != next {
        (title, bar) = (next, Progress(next, total: total, isQuiet: isQuiet))
      }
      bar?.show(done)
    }
  }
}

extension [Clip] {
  /// `dog (12 frames), cat (12 frames)`.
  var listing: String { map { "\($0.name) (\($0.frameCount) frames)" }.joined(separator: ", ") }
}
