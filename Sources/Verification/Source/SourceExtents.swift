import Mapping
import OnnxFiles

/// The extents that an export's graphs are run with where they leave them open.
public struct SourceExtents: Sendable, Hashable {
  /// The frame's height and width in pixels, multiples of 16; nil: what the graph says, or 96 by
  /// 160.
  public var size: [Int]?
  /// How many frames the memory holds; nil: what the graph says, or 2.
  public var memory: Int?

  /// Whatever the graphs say.
  public init(size: [Int]? = nil, memory: Int? = nil) {
    self.size = size
    self.memory = memory
  }
}

/// The extents of one file's run.
struct ResolvedExtents {
  let height: Int
  let width: Int
  /// The frames in memory; 1 where the file does not read it.
  let memory: Int
  let objects: Int

  /// What the inputs of `file` and `wanted` agree on. Throws ``VerificationError/sourceInput``.
  init(_ file: Correspondence.File, _ wanted: SourceExtents) throws(VerificationError) {
    var found: [Extent: Int] = [:]
    if let size = wanted.size { (found[.height], found[.width]) = (size[0], size[1]) }
    found[.memory] = wanted.memory
    for input in file.model.inputs {
      guard let role = file.inputs[input.name], let dimensions = input.dimensions else { continue }
      let layout = try Self.layout(of: role, rank: dimensions.count) {
        VerificationError.sourceInput(
          path: file.path, input: input.name, expected: $0, found: "\(dimensions.count)")
      }
      for (dimension, place) in zip(dimensions, layout) {
        guard let dimension, let place else { continue }
        guard (1...place.extent.limit / place.step).contains(dimension) else {
          throw .sourceInput(
            path: file.path, input: input.name,
            expected: "\(place.extent.rawValue) from 1 to \(place.extent.limit)",
            found: "\(dimension) times \(place.step)")
        }
        let value = dimension * place.step
        if let known = found.updateValue(value, forKey: place.extent), known != value {
          throw .sourceInput(
            path: file.path, input: input.name,
            expected: "\(place.extent.rawValue) \(known)", found: "\(value)")
        }
      }
    }
    height = found[.height] ?? 96
    width = found[.width] ?? 160
    objects = found[.objects] ?? 1
    var memory = found[.memory] ?? (file.graphs.contains("memorize") ? 1 : 2)
    if let positions = found[.positions] {
      let frame = max(height / 16 * (width / 16), 1)
      let expected = found[.memory].map { $0 * frame } ?? positions / frame * frame
      guard positions == expected, positions > 0 else {
        throw .sourceInput(
          path: file.path, input: "memory_keys",
          expected: "\(found[.memory] ?? 1) times \(frame) positions", found: "\(positions)")
      }
      memory = positions / frame
    }
    self.memory = file.graphs.contains("decode") ? memory : 1
    guard height > 0, width > 0, height % 16 == 0, width % 16 == 0 else {
      throw .sourceInput(
        path: file.path, input: "frame", expected: "a height and width that are multiples of 16",
        found: "\(height) by \(width)")
    }
  }

  private enum Extent: String {
    case height, width, memory = "memory length", objects, positions = "memory positions"

    /// The largest that is run.
    var limit: Int {
      switch self {
      case .height, .width: 8192
      case .memory, .objects: 1000
      case .positions: 1000 * 512 * 512
      }
    }
  }

  private typealias Axis = (extent: Extent, step: Int)?

  private static func layout(
    of role: GraphInput, rank: Int, mismatch: (String) -> VerificationError
  ) throws(VerificationError) -> [Axis] {
    func image(_ step: Int, objects: Bool = false) throws(VerificationError) -> [Axis] {
      guard rank == 4 else { throw mismatch("4 dimensions") }
      return [objects ? (.objects, 1) : nil, nil, (.height, step), (.width, step)]
    }
    switch role {
    case .frame: return try image(1)
    case .mask, .others, .stacked: return try image(1, objects: true)
    case .crossing("r3"): return try image(8)
    case .crossing("r2"): return try image(4)
    case .crossing("key"), .crossing("value"): return try image(16)
    case .crossing:
      if rank == 3 { return [(.objects, 1), nil, (.positions, 1)] }
      guard rank == 5 else {
        throw mismatch("5 dimensions, [N, C, T, H/16, W/16], or 3, [N, C, T * H/16 * W/16]")
      }
      return [(.objects, 1), nil, (.memory, 1), (.height, 16), (.width, 16)]
    }
  }
}
