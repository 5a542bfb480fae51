public import Quantization

/// What a calibration saw, as text and as JSON (`Schemas/calibration-report.schema.json`).
public struct CalibrationReport: JSONReport {
  struct Value: Encodable {
    let program: String
    let name: String
    let count: UInt64
    let nonFinite: UInt64
    let minimum: Float
    let maximum: Float
  }

  let model: String
  let clips: [CalibrationStatistics.Clip]
  let values: [Value]

  /// A report of `statistics`.
  public init(_ statistics: CalibrationStatistics) {
    model = statistics.model
    clips = statistics.clips
    values = statistics.values.sorted { $0.key < $1.key }.flatMap { program, values in
      values.sorted { $0.key < $1.key }.map { name, seen in
        Value(
          program: program, name: name, count: seen.histogram.count,
          nonFinite: seen.histogram.nonFiniteCount, minimum: seen.histogram.minimum,
          maximum: seen.histogram.maximum)
      }
    }
  }

  /// The report for a terminal: a line for each program, and the values that were not finite.
  public func text(output: String) -> String {
    let programs = Dictionary(grouping: values, by: \.program).sorted { $0.key < $1.key }
    let table = Table(
      titles: ["program", "widest value", "values", "elements", "minimum", "maximum"],
      textColumns: 2,
      rows: programs.map { program, values in
        let widest = values.max { $0.maximum - $0.minimum < $1.maximum - $1.minimum }
        return [
          program, widest?.name ?? "", "\(values.count)", "\(values.map(\.count).reduce(0, +))",
          Numbers.significant(Double(widest?.minimum ?? 0)),
          Numbers.significant(Double(widest?.maximum ?? 0)),
        ]
      })
    let frames = clips.map(\.frames).reduce(0, +)
    var lines = [
      "wrote \(output): \(values.count) values over \(clips.count) clips of \(frames) frames", "",
      table.text,
    ]
    lines += values.filter { $0.nonFinite > 0 }.map {
      "not finite: \($0.nonFinite) elements of '\($0.name)' of program '\($0.program)'"
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
