public import ArgumentParser
import STMModel

/// The height and width of a frame in pixels.
public struct FrameSize: ExpressibleByArgument, CustomStringConvertible {
  /// Height and width.
  public let extents: [Int]

  /// A size.
  public init(height: Int, width: Int) { extents = [height, width] }

  /// Parses `HEIGHTxWIDTH`.
  public init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    extents = parts.compactMap { Int($0) }
    guard parts.count == 2, extents.count == 2 else { return nil }
  }

  /// `480x864`.
  public var description: String { extents.map(String.init).joined(separator: "x") }

  /// Checks that the encoders can halve the size four times. Throws `ValidationError`.
  public func check() throws {
    let grid = STMConfiguration.alignment
    guard extents.allSatisfy({ (grid...8192).contains($0) && $0 % grid == 0 }) else {
      let nearest = extents.map { min(max(($0 + grid / 2) / grid * grid, grid), 8192) }
      throw ValidationError(
        "--size: expected multiples of \(grid) up to 8192, found \(self)",
        hint: "the nearest is: --size \(FrameSize(height: nearest[0], width: nearest[1]))")
    }
  }
}
