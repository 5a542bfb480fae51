public import ArgumentParser
public import Segmentation

/// How much of a clip is used, and at which size.
public struct ClipOptions: ParsableArguments {
  /// The most pixels of a frame's longer side; nil: frames are used as they are.
  @Option(
    name: .customLong("long-edge"),
    help: "Scale frames down so that the longer side has this many pixels.")
  public var longEdge: Int?

  @Option(help: "Use only so many frames from the start of a clip.")
  var frames: Int?

  public init() {}

  public func validate() throws {
    if let longEdge, longEdge < 16 {
      throw ValidationError("--long-edge: expected at least 16, found \(longEdge)")
    }
    if let frames, frames < 2 {
      throw ValidationError("--frames: expected at least 2, found \(frames)")
    }
  }

  /// The arguments that give these options to a command.
  public var arguments: [String] {
    (longEdge.map { ["--long-edge", "\($0)"] } ?? [])
      + (frames.map { ["--frames", "\($0)"] } ?? [])
  }

  /// Whether clips are used as they are.
  public var isStandard: Bool { longEdge == nil && frames == nil }

  /// The folders that the clips at `paths` are read from.
  public static func folders(of paths: [String]) -> [String] {
    paths.flatMap { ["\($0)/frames", "\($0)/masks"] }
  }

  /// Opens the clip at `path`. Throws what opening a clip throws.
  public func open(_ path: String) throws -> Clip {
    try Clip(path: path, longEdge: longEdge, maximumFrames: frames)
  }

  /// Opens a folder of frames and the mask of the first; the clip is called as the last part of the
  /// path `name`. Throws what opening a clip throws.
  public func open(frames path: String, mask: String, name: String) throws -> Clip {
    try Clip(
      name: name.split(separator: "/").last.map(String.init) ?? name, frames: path,
      firstMask: mask, longEdge: longEdge, maximumFrames: frames)
  }

  /// Opens a clip of a set. Throws what opening a clip throws.
  public func open(_ member: ClipSet.Member) throws -> Clip {
    try member.open(longEdge: longEdge, maximumFrames: frames)
  }
}
