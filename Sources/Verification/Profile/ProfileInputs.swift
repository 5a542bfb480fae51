import Execution
import Networks
import Segmentation
import Tensors

/// What a profile's programs are given, and how often they run.
public struct ProfileExtents: Sendable, Hashable {
  /// The frame's height and width in pixels, multiples of 16.
  public let height: Int, width: Int
  /// How many frames the memory holds.
  public let memory: Int
  /// How many objects are followed.
  public let objects: Int
  /// How many runs are timed, after one that is not.
  public let rounds: Int

  /// Extents; all must be at least 1, height and width multiples of 16.
  public init(height: Int, width: Int, memory: Int, objects: Int, rounds: Int) {
    precondition(height > 0 && width > 0 && height % 16 == 0 && width % 16 == 0)
    precondition(memory > 0 && objects > 0 && rounds > 0)
    self.height = height
    self.width = width
    self.memory = memory
    self.objects = objects
    self.rounds = rounds
  }
}

/// Frames and masks of noise, the same in every run.
struct ProfileInputs {
  /// What `memorize` is given: a frame, for each object a mask of 0 and 1, and the others' masks.
  let memorize: [String: any HeldTensor]
  /// What `query` is given: another frame.
  let query: [String: any HeldTensor]

  private let frames: Int

  /// Noise of these extents. No two masks overlap, as in use.
  init(_ extents: ProfileExtents) {
    let (height, width, objects) = (extents.height, extents.width, extents.objects)
    var noise = Noise(seed: 1)
    let owners = noise.tensor([height, width]).values.map { Int($0 * Float(objects + 1)) }
    var masks = FloatTensor(zeros: [objects, 1, height, width])
    for (position, owner) in owners.enumerated() where owner < objects {
      masks.values[owner * owners.count + position] = 1
    }
    memorize = [
      "frame": noise.tensor([1, 3, height, width]), "mask": masks,
      "others": VideoSegmentation.others(masks),
    ]
    query = ["frame": noise.tensor([1, 3, height, width])]
    frames = extents.memory
  }

  /// A memory for `program`, which reads it, that holds one frame's `key` and `value` as often as
  /// there are frames, each copy in a place of its own. Throws what `program` throws.
  func memory(
    key: any HeldTensor, value: any HeldTensor, for program: any CompiledProgram
  ) throws -> [String: any HeldTensor] {
    func stack(_ frame: any HeldTensor, _ input: String) throws -> FrameStack {
      FrameStack(try (0..<frames).map { _ in try program.prepare(frame, as: input) })
    }
    return [
      "memory_keys": try stack(key, "memory_keys"),
      "memory_values": try stack(value, "memory_values"),
    ]
  }
}

extension Program {
  /// The memory read alone: `memory_keys`, `memory_values` and `key` to `readout`.
  static var memoryRead: Program {
    var b = GraphBuilder("read", inputs: ["memory_keys", "memory_values", "key"])
    let readout = b.layer("Memory.read", .memoryRead, "memory_keys", "memory_values", "key")
    return Program(deploying: b.finish(["readout": readout]))
  }
}

extension [String: any HeldTensor] {
  /// The output called `name`, which the program hands out.
  func output(_ name: String) -> any HeldTensor {
    guard let value = self[name] else { preconditionFailure("no output '\(name)'") }
    return value
  }
}
