import Execution
import OneDNNBackend
import Quantization
import Tensors
import TestSupport
import Testing

/// Reads of the best entries of a memory.
@Suite struct MemoryReadTests {
  @Test(arguments: [1, 2, 4], [1, 4, 35])
  func `a read of the best entries agrees with the reference`(_ frames: Int, _ topK: Int) throws {
    for (precision, tolerance) in [(Precision.float32, Float(1e-5)), (.bfloat16, 1e-2)] {
      for objects in [1, 3] {
        let memory = TinyMemory(frames: frames, objects: objects)
        let expected = try memory.read(on: ReferenceBackend(threads: 1), precision, topK: topK)
        let found = try memory.read(on: backend.get(), precision, topK: topK)
        #expect(found.shape == expected.shape)
        #expect(
          found.relativeError(to: expected) < tolerance, "\(precision), \(objects) objects")
      }
    }
  }

  @Test(arguments: [(Precision.float32, Int?.none, Float(1e-5)), (.bfloat16, 3, 1e-2)])
  func `a frame of so many positions that they are read in parts agrees with the reference`(
    _ precision: Precision, _ topK: Int?, _ tolerance: Float
  ) throws {
    let memory = TinyMemory(frames: 1, objects: 1, size: [33, 66])
    let expected = try memory.read(on: ReferenceBackend(threads: 2), precision, topK: topK)
    let found = try memory.read(on: backend.get(), precision, topK: topK)
    #expect(found.relativeError(to: expected) < tolerance)
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `a read of the best entry copies its value`(_ precision: Precision) throws {
    let memory = TinyMemory(frames: 3, objects: 2)
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

  @Test(
    arguments: [(Precision.bfloat16, Precision.float32), (.float32, .float16), (.int8, .float32)])
  func `a read in another precision than its memory is held in agrees with the reference`(
    _ standard: Precision, _ read: Precision
  ) throws {
    let memory = TinyMemory(frames: 2, objects: 2)
    let plan = PrecisionPlan(standard, exceptions: ["read": read])
    let bound = try memory.bound(plan)
    let expected = try memory.read(on: ReferenceBackend(threads: 1), bound)
    // The result is held in binary16 where the read is.
    let tolerance: Float = read == .float16 ? 1e-3 : 1e-5
    #expect(try memory.read(on: backend.get(), bound).relativeError(to: expected) < tolerance)
  }

  @Test func `entries as good as the last that counts share, also between frames`() throws {
    var memory = TinyMemory(frames: 4, objects: 1)
    memory.keys = FloatTensor(zeros: memory.keys.shape)
    let all = try memory.read(on: backend.get(), .float32, topK: nil)
    #expect(try memory.read(on: backend.get(), .float32, topK: 1).relativeError(to: all) < 1e-6)
  }

  @Test(arguments: [Precision.float32, .bfloat16])
  func `as many entries as there are, or more, are read as without a limit`(
    _ precision: Precision
  ) throws {
    let memory = TinyMemory(frames: 3, objects: 2)
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
    let memory = TinyMemory(frames: 3, objects: 2)
    for topK in [1, 4, 50] {
      let expected = try memory.read(on: backend.get(), precision, topK: topK).bits
      for threads in [1, 3, 4] {
        let backend = try OneDNNBackend(threads: threads)
        #expect(try memory.read(on: backend, precision, topK: topK).bits == expected)
      }
    }
  }
}

private let backend = Result { try OneDNNBackend(threads: 2) }
