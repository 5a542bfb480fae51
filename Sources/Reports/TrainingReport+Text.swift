import Training

extension TrainingReport {
  /// The report for a terminal: what was done, and what it came to.
  public func text(output: String) -> String {
    var lines = ["wrote \(output): \(done)"]
    if let loss = loss.value {
      lines.append(
        "loss: \(Numbers.significant(loss.first)) at first, \(Numbers.significant(loss.smoothed)) in the "
          + "end, smoothed over \(Numbers.count(loss.horizon, "step"))")
    }
    if let best = best.value {
      lines.append(
        "best: J&F \(Numbers.ratio(best.overall)), J \(Numbers.ratio(best.region)), "
          + "F \(Numbers.ratio(best.boundary)) after step \(best.step)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var done: String {
    outcome == .stoppedEarly
      ? "stopped after step \(steps) of \(plannedSteps), since J&F did not rise any more"
      : Numbers.count(steps, "step")
  }
}
