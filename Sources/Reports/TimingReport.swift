/// Speed and memory of both models, as JSON and as text. The only part of a report that differs
/// between runs; it is there only where it was asked for.
public struct TimingReport: Encodable {
  /// One model, segmenting the clip by itself in a process of its own.
  public struct Side: Codable, Sendable {
    let frames: Int
    let seconds: Double
    let framesPerSecond: Double
    let peakBytes: Int
    let fileBytes: Int

    /// `frames` frames segmented in `seconds`, with at most `peakBytes` resident; the model's file
    /// has `fileBytes`.
    public init(frames: Int, seconds: Double, peakBytes: Int, fileBytes: Int) {
      self.frames = frames
      self.seconds = seconds
      framesPerSecond = seconds > 0 ? Double(frames) / seconds : 0
      self.peakBytes = peakBytes
      self.fileBytes = fileBytes
    }
  }

  let reference: Side
  let candidate: Side

  /// A report on both models.
  public init(reference: Side, candidate: Side) {
    self.reference = reference
    self.candidate = candidate
  }

  /// What is measured, for the reference, for the candidate, and the latter over the former: a row
  /// each.
  public var rows: [[String]] {
    func row(_ title: String, _ value: (Side) -> Double, _ show: (Double) -> String) -> [String] {
      let values = (value(reference), value(candidate))
      return [title, show(values.0), show(values.1), Numbers.significant(values.1 / values.0)]
    }
    func megabytes(_ bytes: Double) -> String { Numbers.decibels(bytes / 1e6) }
    return [
      row("frames a second", \.framesPerSecond, Numbers.significant),
      row("peak resident memory, MB", { Double($0.peakBytes) }, megabytes),
      row("file, MB", { Double($0.fileBytes) }, megabytes),
    ]
  }

  /// A table.
  var text: String {
    Table(
      titles: ["each by itself", "reference", "candidate", "ratio"], textColumns: 1, rows: rows
    ).trimmed
  }
}
