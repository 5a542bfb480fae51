import Verification

/// What became of the masks, frame by frame.
struct MaskSection {
  /// A row of the means.
  struct Mean {
    let title: String
    let forced: Markup
    let free: Markup
    let reference: Markup
  }

  /// One object of one frame.
  struct Row {
    let frame: String
    let picture: String?
    let object: Markup
    let memory: Markup
    let forced: Markup
    let free: Markup
    let forcedBoundary: Markup
    let freeBoundary: Markup
    let changed: Markup
    let truth: Truth?

    struct Truth {
      let reference: Markup
      let forced: Markup
      let free: Markup
    }
  }

  /// The most rows of the table; of more, the worst are shown.
  static let maximumRows = 240

  let charts: [LayerSection.Chart]
  let hasTruth: Bool
  let means: [Mean]
  let rows: [Row]
  let rowNote: String
  let feedback: String
  let note: String

  init(_ result: ClipVerification) {
    let frames = FrameSeries(result)
    charts = frames.charts
    hasTruth = result.truth != nil
    means = Self.means(result)
    let places = result.frames.indices.flatMap { frame in
      result.frames[frame].objects.indices.map { (frame, $0) }
    }
    let worst = places.sorted { left, right in
      let (a, b) = (
        result.frames[left.0].objects[left.1].freeRunning.agreement.region,
        result.frames[right.0].objects[right.1].freeRunning.agreement.region
      )
      return (a, left.0, left.1) < (b, right.0, right.1)
    }.prefix(Self.maximumRows)
    let pictured = Set(result.pictures.map(\.index))
    rows = worst.sorted { $0 < $1 }.map { frame, object in
      Self.row(result.frames[frame], frame, object, pictured)
    }
    rowNote =
      places.count > rows.count
      ? "The worst \(rows.count) of \(places.count) masks." : "\(rows.count.of("mask"))."
    let added = result.teacherForcedIoU - result.freeRunningIoU
    feedback =
      abs(added) < 0.00005
      ? "Feedback adds nothing to four digits: the IoU is the same whether the candidate memorizes "
        + "the reference's masks or its own."
      : "Feedback \(added > 0 ? "costs" : "gains") \(Self.digits(abs(added))) of IoU in the mean: the "
        + "difference between memorizing the reference's masks and its own."
    note =
      result.frames.count > LineChart.maximumColumns
      ? "Each point is the worst of several of the \(result.frames.count) frames." : ""
  }

  private static func digits(_ value: Double) -> String {
    Figure.share(value, at: "").text
  }

  private static func means(_ result: ClipVerification) -> [Mean] {
    let (forced, free) = (result.agreement(.forced), result.agreement(.free))
    func row(
      _ title: String, _ values: (Double, Double, Double?), _ pointers: (String, String, String)
    ) -> Mean {
      Mean(
        title: title, forced: Figure.share(values.0, at: pointers.0).markup,
        free: Figure.share(values.1, at: pointers.1).markup,
        reference: values.2.map { Figure.share($0, at: pointers.2).markup } ?? Markup("–"))
    }
    let rows = [
      row(
        "IoU with the reference", (forced.region, free.region, nil),
        ("/iou/teacherForced", "/iou/freeRunning", "")),
      row(
        "Boundary F with the reference", (forced.boundary, free.boundary, nil),
        ("/boundary/teacherForced", "/boundary/freeRunning", "")),
    ]
    guard let truth = result.truth else { return rows }
    func pointers(_ name: String) -> (String, String, String) {
      ("/truth/teacherForced/\(name)", "/truth/freeRunning/\(name)", "/truth/reference/\(name)")
    }
    return rows + [
      row(
        "J with the ground truth",
        (truth.teacherForced.region, truth.freeRunning.region, truth.reference.region),
        pointers("region")),
      row(
        "F with the ground truth",
        (truth.teacherForced.boundary, truth.freeRunning.boundary, truth.reference.boundary),
        pointers("boundary")),
    ]
  }

  private static func row(
    _ frame: ClipVerification.Frame, _ index: Int, _ number: Int, _ pictured: Set<Int>
  ) -> Row {
    let object = frame.objects[number]
    let pointer = "/frames/\(index)/objects/\(number)"
    let (forced, free) = (object.teacherForced, object.freeRunning)
    return Row(
      frame: frame.name, picture: pictured.contains(frame.index) ? "frame-\(frame.index)" : nil,
      object: Figure(Int(object.id), at: "\(pointer)/id").markup,
      memory: Figure(frame.memoryFrames, at: "/frames/\(index)/memoryFrames").markup,
      forced: Figure.share(forced.agreement.region, at: "\(pointer)/teacherForced/iou").markup,
      free: Figure.share(free.agreement.region, at: "\(pointer)/freeRunning/iou").markup,
      forcedBoundary: Figure.share(
        forced.agreement.boundary, at: "\(pointer)/teacherForced/boundary"
      ).markup,
      freeBoundary: Figure.share(
        free.agreement.boundary, at: "\(pointer)/freeRunning/boundary"
      ).markup,
      changed: Figure(free.changedPixels, at: "\(pointer)/freeRunning/changedPixels").markup,
      truth: object.truth.map { truth in
        Row.Truth(
          reference: Figure.share(
            truth.reference.region, at: "\(pointer)/truth/reference/region"
          ).markup,
          forced: Figure.share(
            truth.teacherForced.region, at: "\(pointer)/truth/teacherForced/region"
          ).markup,
          free: Figure.share(
            truth.freeRunning.region, at: "\(pointer)/truth/freeRunning/region"
          ).markup)
      })
  }
}
