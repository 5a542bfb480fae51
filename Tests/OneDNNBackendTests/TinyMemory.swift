import Execution
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

/// A memory of frames of few entries, and a query.
struct TinyMemory {
  /// `[N, K, T, h, w]`, between -2 and 2.
  var keys: FloatTensor
  /// `[N, 32, T, h, w]`, between -1 and 1.
  let values: FloatTensor
  /// `[1, K, h, w]`, between -2 and 2.
  let query: FloatTensor

  init(frames: Int, objects: Int, keyChannels: Int = 16, size: [Int] = [5, 7]) {
    var generator = SeededGenerator(seed: UInt64(frames))
    keys = .random(Shape([objects, keyChannels, frames] + size), in: -2...2, using: &generator)
    values = .random(Shape([objects, 32, frames] + size), using: &generator)
    query = .random(Shape([1, keyChannels] + size), in: -2...2, using: &generator)
  }

  /// How ``integers(_:)`` holds the keys.
  static let heldKeys = AffineQuantization.asymmetric(minimum: -1.9, maximum: 2)
  /// How ``integers(_:)`` holds the values.
  static let heldValues = AffineQuantization.symmetric(magnitude: 1)

  /// Keys and values in 8-bit integers, the rest in `precision`.
  static func integers(_ precision: Precision) -> PrecisionPlan {
    PrecisionPlan(precision, memories: ["keys": .int8, "values": .int8])
  }

  /// A program that reads a memory by `plan`; each query position reads the `topK` best entries.
  func bound(
    _ plan: PrecisionPlan, topK: Int? = nil, keys: AffineQuantization = heldKeys
  ) throws -> BoundProgram {
    var builder = GraphBuilder("test", inputs: ["keys", "values", "query"])
    let read = builder.layer("read", .memoryRead, "keys", "values", "query")
    let entries = [("keys", keys), ("values", Self.heldValues)].flatMap { name, held in
      TensorArchive.quantization(named: "\(name).output", held)
    }
    return try BoundProgram(
      Program(deploying: builder.finish(["y": read])), plan: plan,
      weights: try TensorArchive(entries), topK: topK)
  }

  /// What `bound` reads of it on `backend`.
  func read(on backend: some Backend, _ bound: BoundProgram) throws -> FloatTensor {
    let outputs = try backend.compile(bound)
      .run(["keys": keys, "values": values, "query": query])
    return try #require(outputs["y"])
  }

  /// What a model in `precision` reads of it on `backend`.
  func read(
    on backend: some Backend, _ precision: Precision, topK: Int?
  ) throws -> FloatTensor {
    try read(on: backend, try bound(PrecisionPlan(precision), topK: topK))
  }
}
