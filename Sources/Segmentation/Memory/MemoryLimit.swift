import Execution
import Tensors

/// How much a memory may hold: frames, or the bytes of their keys and values.
public enum MemoryLimit: Sendable, Hashable {
  /// So many frames, the first and the one before the current included.
  case frames(Int)
  /// As many frames as fit into so many bytes, over all objects.
  case bytes(Int)

  private static let units = [
    "kB": 1000, "KiB": 1 << 10, "MB": 1_000_000, "MiB": 1 << 20, "GB": 1_000_000_000,
    "GiB": 1 << 30,
  ]

  /// Reads `8`, or `64MB`: a whole number above 0 and a unit, of 1000s or, with an i, 1024s. Nil: it
  /// is neither.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0 else { return nil }
    let unit = text.dropFirst(digits.count)
    guard !unit.isEmpty else {
      self = .frames(number)
      return
    }
    guard let factor = Self.units[String(unit)],
      case (let bytes, false) = number.multipliedReportingOverflow(by: factor)
    else { return nil }
    self = .bytes(bytes)
  }

  /// How many frames like `frame` may stay, of a memory of `context`.
  ///
  /// Throws ``ClipError/memoryLimit(limit:expected:)`` where these are fewer than `fewest`.
  func frameCount(
    like frame: MemorizedFrame, _ context: MemoryContext, fewest: Int
  ) throws(ClipError) -> Int {
    switch self {
    case .frames(let count):
      guard count >= fewest else {
        throw .memoryLimit(limit: "\(self)", expected: "\(fewest) frames")
      }
      return count
    case .bytes(let count):
      let objects = frame.key.shape[0]
      let size = frame.byteCount * max(context.objectCount, objects) / objects
      guard count / size >= fewest else {
        throw .memoryLimit(
          limit: "\(self)", expected: "\(fewest * size) bytes, \(fewest) frames")
      }
      return count / size
    }
  }
}

extension MemoryLimit: CustomStringConvertible {
  /// `8 frames` or `64000000 bytes`.
  public var description: String {
    switch self {
    case .frames(let count): "\(count) frames"
    case .bytes(let count): "\(count) bytes"
    }
  }
}
