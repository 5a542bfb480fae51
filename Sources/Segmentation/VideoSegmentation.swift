public import Execution
public import Tensors

/// Segments a clip frame by frame: memorizes what is known, then reads the memory.
///
/// For every frame from the second on, call ``memorize(frame:probabilities:taps:)`` with the frame
/// before it and that frame's probabilities, then ``segment(frame:taps:)`` with the frame itself.
public struct VideoSegmentation {
  /// What one frame's segmentation gives.
  public struct Result: Sendable {
    /// Each object's background and object logits, padded: `[N, 2, H', W']`.
    public let logits: FloatTensor
    /// Background and every object, `[N + 1, 1, H, W]`, summing to 1 at each pixel.
    public let probabilities: FloatTensor
  }

  private let network: CompiledNetwork
  private let padding: FramePadding
  private var memory: MemoryBank
  private var memorized = 0

  /// A segmentation of frames of `height` x `width` pixels with `network`.
  public init(
    _ network: CompiledNetwork, height: Int, width: Int, memory: MemoryBank = MemoryBank()
  ) {
    self.network = network
    self.memory = memory
    padding = FramePadding(height: height, width: width)
  }

  /// The frames in memory, in ascending order.
  public var framesInMemory: [Int] { memory.frames }

  /// Writes the next frame into the memory.
  ///
  /// `frame` `[1, 3, H, W]` with RGB in 0...1; `probabilities` `[N + 1, 1, H, W]`, background
  /// first: soft masks, or 0 and 1 for a given one. `N` is at least 1 and that of the frames in
  /// memory. Throws `ExecutionError.shape` where it is not, or what the program throws.
  public mutating func memorize(
    frame: FloatTensor, probabilities: FloatTensor, taps: Taps = .none
  ) throws {
    let objects = probabilities.shape[0] - 1
    guard objects >= 1, memory.objectCount ?? objects == objects else {
      let known = memory.objectCount.map { "\($0 + 1)" } ?? "at least 2"
      throw ExecutionError.shape(
        step: "memorize", expected: "[\(known), 1, H, W] probabilities",
        found: probabilities.shape)
    }
    let masks = padding.pad(probabilities.sliced(1..<probabilities.shape[0], axis: 0))
    let outputs = try network.memorize.run(
      held: ["frame": padding.pad(frame), "mask": masks, "others": Self.others(masks)],
      taps: taps)
    memory.add(
      frame: memorized,
      key: try network.decode.prepare(outputs.value("key"), as: "memory_keys"),
      value: try network.decode.prepare(outputs.value("value"), as: "memory_values"))
    memorized += 1
  }

  /// Segments `frame` `[1, 3, H, W]` with what the memory holds. Throws what the programs throw.
  public func segment(
    frame: FloatTensor, taps: (query: Taps, decode: Taps) = (.none, .none)
  ) throws -> Result {
    var inputs = try network.query.run(
      held: ["frame": padding.pad(frame)], taps: taps.query)
    inputs["memory_keys"] = memory.keys
    inputs["memory_values"] = memory.values
    let logits = try network.decode.run(held: inputs, taps: taps.decode).value("logits").floats()
    let objects = SoftAggregation.objectProbabilities(logits)
    return Result(
      logits: logits, probabilities: SoftAggregation.aggregate(padding.crop(objects)))
  }
}

extension [String: any HeldTensor] {
  /// The output called `name`, which every program of the network has.
  fileprivate func value(_ name: String) -> any HeldTensor {
    guard let value = self[name] else { preconditionFailure("no output '\(name)'") }
    return value
  }
}
