public import Quantization
public import Tuning

/// What int8 costs layer by layer, as text, as CSV and as JSON
/// (`Schemas/sensitivity-report.schema.json`).
public struct SensitivityReport: JSONReport {
  struct Clip: Encodable {
    let name: String
    let sqnr: Double
    let iou: Double
  }

  struct Quality: Encodable {
    let noise: Double
    let sqnr: Double
    let iou: Double
    let clips: [Clip]

    init(_ quality: PlanQuality) {
      (noise, sqnr, iou) = (quality.noise, quality.sqnr, quality.iou)
      clips = quality.clips.map { clip in
        Clip(name: clip.name, sqnr: PlanQuality([clip]).sqnr, iou: clip.iou)
      }
    }
  }

  struct Layer: Encodable {
    let rank: Int
    let name: String
    let program: String
    let share: Double
    let alone: Quality
    let weights: OrNull<Quality>
    let activations: OrNull<Quality>
    let keptWide: Quality
  }

  let method: String
  let frames: Int
  let int8: Quality
  let noiseSum: Double
  let layers: [Layer]

  /// A report of `sensitivity`, whose ranges `method` found.
  public init(_ sensitivity: Sensitivity, method: RangeMethod) {
    self.method = method.description
    frames = sensitivity.frameCount
    int8 = Quality(sensitivity.int8)
    noiseSum = sensitivity.noiseSum
    layers = sensitivity.layers.enumerated().map { index, layer in
      Layer(
        rank: index + 1, name: layer.name, program: layer.program,
        share: sensitivity.noiseSum > 0 ? layer.alone.noise / sensitivity.noiseSum : 0,
        alone: Quality(layer.alone), weights: OrNull(layer.weights.map(Quality.init)),
        activations: OrNull(layer.activations.map(Quality.init)),
        keptWide: Quality(layer.keptWide))
    }
  }

  /// The report for a terminal: the `count` most harmful layers, and all together.
  public func text(worst count: Int) -> String {
    let shown = layers.prefix(count)
    let table = Table(
      titles: [
        "layer", "program", "int8 dB", "IoU", "share", "weights dB", "activations dB", "wide dB",
        "wide IoU",
      ],
      textColumns: 2,
      rows: shown.map { layer in
        [
          layer.name, layer.program, Numbers.decibels(layer.alone.sqnr),
          Numbers.ratio(layer.alone.iou), Numbers.ratio(layer.share),
          layer.weights.value.map { Numbers.decibels($0.sqnr) } ?? "",
          layer.activations.value.map { Numbers.decibels($0.sqnr) } ?? "",
          Numbers.decibels(layer.keptWide.sqnr), Numbers.ratio(layer.keptWide.iou),
        ]
      })
    let sum = PlanQuality([.init(name: "", noise: noiseSum, iou: 1)]).sqnr
    let lines =
      [
        "\(layers.count) layers over \(frames) frames of \(int8.clips.count) clips, ranges by "
          + "\(method); \(shown.count) most harmful first:", "", table.text,
        "int8 dB, IoU: the layer alone in int8; share: of the sum of all layers' noise",
        "weights dB, activations dB: by its weights, and by what it reads, alone",
        "wide dB, IoU: the layer alone in fp32, the rest in int8",
      ]
      + int8.clips.map {
        "all in int8: \($0.name): \(Numbers.decibels($0.sqnr)) dB, IoU \(Numbers.ratio($0.iou))"
      } + [
        "all in int8: \(Numbers.decibels(int8.sqnr)) dB; the sum of the layers' noise: "
          + "\(Numbers.decibels(sum)) dB"
      ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The layers as CSV (RFC 4180) with a line of titles. Noise is error energy over signal energy.
  public var csv: String {
    let titles = [
      "rank", "layer", "program", "noise", "share", "sqnr", "iou", "weights_noise", "weights_sqnr",
      "weights_iou", "activations_noise", "activations_sqnr", "activations_iou", "wide_noise",
      "wide_sqnr", "wide_iou",
    ]
    func columns(_ quality: Quality?) -> [String] {
      quality.map { ["\($0.noise)", "\($0.sqnr)", "\($0.iou)"] } ?? ["", "", ""]
    }
    let rows = layers.map { layer in
      ["\(layer.rank)", layer.name, layer.program, "\(layer.alone.noise)", "\(layer.share)"]
        + ["\(layer.alone.sqnr)", "\(layer.alone.iou)"] + columns(layer.weights.value)
        + columns(layer.activations.value) + columns(layer.keptWide)
    }
    return ([titles] + rows).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }
}
