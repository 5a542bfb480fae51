public import Files
import Foundation

/// The log of a training: a line for each step and each validation, in a file at once.
///
/// A training that was interrupted and goes on leaves the same file as one that was not.
public final class MetricsLog: Sendable {
  private let file: AppendedFile

  /// An empty log at `path`, in place of what is there. Throws `FileError`.
  public convenience init(creating path: String) throws {
    try self.init(path: path, lines: [])
  }

  /// The log at `path` of a training that goes on after `step` steps: what is behind those is cut off,
  /// whatever it is.
  ///
  /// Throws ``TrainingError/malformedMetrics(path:line:reason:)``,
  /// ``TrainingError/metricsMissing(path:expected:found:)`` or `FileError`.
  public convenience init(resuming path: String, after step: Int) throws {
    let contents = try Contents(path: path, through: step)
    let found = contents.lines.last?.metrics.step ?? 0
    guard found == step else {
      throw TrainingError.metricsMissing(path: path, expected: step, found: found)
    }
    try self.init(path: path, lines: contents.text[..<(contents.lines.last?.end ?? 0)])
  }

  private init(path: String, lines: ArraySlice<UInt8>) throws {
    try AtomicFile.write(Array(lines), to: path)
    file = try AppendedFile(path: path)
  }

  /// Appends `line`. Throws `FileError`.
  public func append(_ line: MetricsLine) throws { try file.append(try line.bytes) }

  /// Waits until all lines are on the disk: to be called before a checkpoint of their steps is
  /// written, which is of no use without them. Throws `FileError`.
  public func sync() throws { try file.sync() }

  /// The lines of the log at `path`; one that was not written to its end is left out.
  ///
  /// Throws ``TrainingError/malformedMetrics(path:line:reason:)`` or `FileError`.
  public static func lines(of path: String, limits: ReadingLimits = .standard) throws
    -> [MetricsLine]
  {
    try Contents(path: path, limits: limits).lines.map(\.metrics)
  }

  /// A log as it was read.
  private struct Contents {
    /// The bytes of the file.
    let text: [UInt8]
    /// The metrics of each line, and where the next begins.
    private(set) var lines: [(metrics: MetricsLine, end: Int)] = []

    /// Reads the log at `path`, up to the last line of `limit` steps, or all of it. Behind that there
    /// may be anything: what a break of power left of a line that was not waited for, say.
    init(path: String, through limit: Int = .max, limits: ReadingLimits = .standard) throws {
      text = try FileBytes(path: path).withBytes { bytes in
        unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
      }
      var start = 0
      while let newline = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let last = lines.last?.metrics.step ?? 0
        do {
          let metrics = try Self.metrics(
            of: Array(text[start..<newline]), path: path, number: lines.count + 1, after: last,
            limits: limits)
          guard metrics.step <= limit else { break }
          lines.append((metrics, newline + 1))
        } catch  where last == limit {
          break
        }
        start = newline + 1
      }
    }

    /// The metrics of `line`, which is behind those of `last` steps. Throws ``TrainingError``.
    private static func metrics(
      of line: [UInt8], path: String, number: Int, after last: Int, limits: ReadingLimits
    ) throws -> MetricsLine {
      func malformed(_ reason: String) -> TrainingError {
        .malformedMetrics(path: path, line: number, reason: reason)
      }
      let metrics: MetricsLine
      do {
        _ = try JSONParser.value(of: line, path: path, part: "line \(number)", limits: limits)
        metrics = try MetricsLine(decoding: line)
      } catch let error as DecodingError {
        throw malformed("expected metrics, found \(error.found)")
      } catch FileError.malformedJSON(_, _, let reason) {
        throw malformed(reason)
      }
      guard try metrics.bytes.dropLast() == line[...] else {
        throw malformed("expected metrics as they are written, found others")
      }
      switch metrics {
      case .step where metrics.step != last + 1:
        throw malformed("expected step \(last + 1), found \(metrics.step)")
      case .validation where metrics.step != last:
        throw malformed("expected a validation after \(last) steps, found \(metrics.step)")
      case .step, .validation: break
      }
      return metrics
    }
  }
}
