import Execution
import Networks
import OneDNNBackend
import Quantization
import Tensors
import Testing

/// Reads of the best entries of a memory.
@Suite struct MemoryReadTests {
  @Test(arguments: [1, 2, 4], [1, 4, 35])
  func `a read of the best entries agrees with the reference`(_ frames: Int, _ topK: Int) throws {
    for (precision, tolerance) in [(Precision.float32, Float(1e-5)), (.bfloat16, 1e-2)] {
      for objects in [1, 3] {
        let memory = Memory(frames: frames, objects: objects)
        let expected = try memory.read(on: ReferenceBackend(threads: 1), precision, topK: topK)
        let found = try memory.read(on: backend.get(), precision, topK: topK)
        #expect(found.shape == expected.shape)
        #expect(
          found.relativeError(to: expected) < tolerance, "\(precision), \(objects) objects")
      }
    }
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `a read of the best entry copies its value`(_ precision: Precision) throws {
    let memory = Memory(frames: 3, objects: 2)
    let found = try memory.read(on: backend.get(), precision, topK: 1)
    let (channels, entries) = (memory.values.shape[1], 3 * 35)
    for object in 0..<2 {
      for position in 0..<35 {
        let isCopy = (0..<entries).contains { entry in
          (0..<channels).allSatisfy { channel in
            let row = object * channels + channel
            let value = memory.values.values[row * entries + entry]
            let copied = precision == .float32 ? value : Storage.bfloat16.rounded(value)
            return found.values[row * 35 + position] == copied
          }
        }
        #expect(isCopy, "object \(object), position \(position)")
      }
    }
  }

  @Test func `entries as good as the last that counts share, also between frames`() throws {
    var memory = Memory(frames: 4, objects: 1)
    memory.keys = FloatTensor(zeros: memory.keys.shape)
    let all = try memory.read(on: backend.get(), .float32, topK: nil)
    #expect(try memory.read(on: backend.get(), .float32, topK: 1).relativeError(to: all) < 1e-6)
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `as many entries as there are, or more, are read as without a limit`(
    _ precision: Precision
  ) throws {
    let memory = Memory(frames: 3, objects: 2)
    let all = try memory.read(on: backend.get(), precision, topK: nil)
    for topK in [105, 106, .max] {
      #expect(try memory.read(on: backend.get(), precision, topK: topK).bits == all.bits)
    }
    #expect(try memory.read(on: backend.get(), precision, topK: 104).bits != all.bits)
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `a read of the best entries is the same bytes for 1 to 4 threads`(
    _ precision: Precision
  ) throws {
    let memory = Memory(frames: 3, objects: 2)
    for topK in [1, 4, 50] {
      let expected = try memory.read(on: backend.get(), precision, topK: topK).bits
      for threads in [1, 3, 4] {
        let backend = try OneDNNBackend(threads: threads)
        #expect(try memory.read(on: backend, precision, topK: topK).bits == expected)
      }
    }
  }
}

/// A memory of frames of 5 x 7 entries, and a query of numbers that bfloat16 holds.
private struct Memory {
  var keys: FloatTensor
  let values: FloatTensor
  let query: FloatTensor

  init(frames: Int, objects: Int) {
    var generator = SeededGenerator(seed: UInt64(frames))
    keys = .random([objects, 16, frames, 5, 7], in: -2...2, using: &generator)
    values = .random([objects, 32, frames, 5, 7], using: &generator)
    let exact = FloatTensor.random([1, 16, 5, 7], in: -2...2, using: &generator)
    query = FloatTensor(shape: exact.shape, values: exact.values.map(Storage.bfloat16.rounded))
  }

  /// What a model in `precision` reads of it on `backend`.
  func read(
    on backend: some Backend, _ precision: Precision, topK: Int?
  ) throws -> FloatTensor {
    var builder = GraphBuilder("test", inputs: ["keys", "values", "query"])
    let read = builder.layer("read", .memoryRead, "keys", "values", "query")
    let bound = try BoundProgram(
      Program(deploying: builder.finish(["y": read])), precision: precision,
      weights: try TensorArchive([]), topK: topK)
    let outputs = try backend.compile(bound)
      .run(["keys": keys, "values": values, "query": query])
    return try #require(outputs["y"])
  }
}

private let backend = Result { try OneDNNBackend(threads: 2) }
