import Quantization
public import Verification

/// A comparison over a clip as tables for spreadsheets.
public enum ClipTables {
  /// Every layer in both runs: a row for all of its elements, one for each channel and one for each
  /// frame. Of a channel `channel_sqnr` is its error against the energy of the mean channel, of
  /// others the worst channel's.
  public static func layers(_ result: ClipVerification) -> String {
    var table = CSV([
      "program", "layer", "precision", "run", "scope", "index", "elements", "max_error",
      "mean_error", "rmse", "relative_error", "sqnr", "psnr", "channel_sqnr", "cosine",
      "non_finite", "outliers", "saturated", "tolerance", "verdict",
    ])
    for layer in result.layers {
      for (run, metrics) in [("isolated", layer.isolated), ("accumulated", layer.accumulated)] {
        let name = [layer.program, layer.name, layer.precision.rawValue, run]
        func row(
          _ scope: String, _ index: Int?, _ metrics: ErrorMetrics, _ channel: Double?,
          _ spread: ErrorDistribution?, _ verdict: [String] = ["", ""]
        ) {
          table.add(
            name + [scope, index.map { "\($0)" } ?? ""] + metrics.cells(channel)
              + (spread.map { [$0.outlierShare.exact, $0.saturatedShare.exact] } ?? ["", ""])
              + verdict)
        }
        let verdict = [layer.tolerance.exact, Verdict(layer.passes).rawValue]
        row(
          "layer", nil, metrics.total, metrics.worstChannelSQNR, metrics.distribution,
          run == "isolated" ? verdict : ["", ""])
        for (index, channel) in metrics.channels.enumerated() {
          row("channel", index, channel, metrics.channelSQNR(index), nil)
        }
        for frame in metrics.frames {
          row("frame", frame.index, frame.metrics, nil, frame.distribution)
        }
      }
    }
    return table.text
  }

  /// Every object of every frame, teacher-forced and free-running.
  public static func frames(_ result: ClipVerification) -> String {
    var table = CSV([
      "frame", "name", "memory_frames", "object", "run", "iou", "boundary", "changed_pixels",
      "frame_changed", "j", "f", "reference_j", "reference_f",
    ])
    for frame in result.frames {
      for object in frame.objects {
        for run in MaskRun.allCases {
          let difference = run == .forced ? object.teacherForced : object.freeRunning
          let change = run == .forced ? frame.teacherForcedChange : frame.freeRunningChange
          let truth = run == .forced ? object.truth?.teacherForced : object.truth?.freeRunning
          let masks = [
            difference.agreement.region.exact, difference.agreement.boundary.exact,
            "\(difference.changedPixels)", change.exact,
          ]
          table.add(
            ["\(frame.index)", frame.name, "\(frame.memoryFrames)", "\(object.id)", run.title]
              + masks + cells(truth) + cells(object.truth?.reference))
        }
      }
    }
    return table.text
  }

  private static func cells(_ agreement: ClipVerification.Agreement?) -> [String] {
    [agreement?.region.exact ?? "", agreement?.boundary.exact ?? ""]
  }
}

extension ErrorMetrics {
  /// From the number of elements to the elements that are not finite, with a channel's SQNR.
  fileprivate func cells(_ channelSQNR: Double?) -> [String] {
    [
      "\(count)", maximumError.exact, meanError.exact, rootMeanSquareError.exact,
      relativeMaximumError.exact, sqnr.exact, psnr.exact, channelSQNR?.exact ?? "", cosine.exact,
      "\(nonFiniteCount)",
    ]
  }
}
