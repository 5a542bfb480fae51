import Execution
import Quantization
import Tensors
import TestSupport
import Testing

@testable import OneDNNBackend

/// Memories whose keys and values are 8-bit integers.
@Suite(.enabled(if: OneDNNBackend.runsIntegers)) struct IntegerMemoryTests {
  @Test(arguments: [1, 2, 5], [nil, 1, 4, 50])
  func `a read of integers agrees with the reference`(_ frames: Int, _ topK: Int?) throws {
    for (precision, tolerance) in [
      (Precision.float32, Float(1e-5)), (.float16, 1e-3), (.int8, 1e-2),
    ] {
      for objects in [1, 3] {
        let memory = TinyMemory(frames: frames, objects: objects)
        let bound = try memory.bound(TinyMemory.integers(precision), topK: topK)
        let expected = try memory.read(on: ReferenceBackend(threads: 1), bound)
        let found = try memory.read(on: backend.get(), bound)
        #expect(found.shape == expected.shape)
        #expect(
          found.relativeError(to: expected) < tolerance, "\(precision), \(objects) objects")
      }
    }
  }

  @Test func `keys that do not fill a block agree with the reference`() throws {
    let memory = TinyMemory(frames: 2, objects: 2, keyChannels: 12)
    let bound = try memory.bound(TinyMemory.integers(.float32))
    let expected = try memory.read(on: ReferenceBackend(threads: 1), bound)
    #expect(try memory.read(on: backend.get(), bound).relativeError(to: expected) < 1e-5)
  }

  @Test(arguments: ["keys", "values"])
  func `one of the two may be integers alone`(_ name: String) throws {
    let memory = TinyMemory(frames: 2, objects: 2)
    for (precision, tolerance) in [(Precision.float32, Float(1e-5)), (.bfloat16, 1e-2)] {
      let bound = try memory.bound(PrecisionPlan(precision, memories: [name: .int8]))
      let expected = try memory.read(on: ReferenceBackend(threads: 1), bound)
      #expect(try memory.read(on: backend.get(), bound).relativeError(to: expected) < tolerance)
    }
  }

  @Test(arguments: [Precision.float32, .bfloat16, .int8])
  func `a read of the best entry copies what its integers stand for`(
    _ precision: Precision
  ) throws {
    let memory = TinyMemory(frames: 1, objects: 1)
    let bound = try memory.bound(TinyMemory.integers(precision), topK: 1)
    let found = try memory.read(on: backend.get(), bound)
    let operand: Storage = precision == .float32 ? .float32 : .bfloat16
    let held = memory.values.values.map {
      operand.rounded(Storage.quantized(TinyMemory.heldValues).rounded($0))
    }
    for position in 0..<35 {
      let isCopy = (0..<35).contains { entry in
        (0..<32).allSatisfy { found.values[$0 * 35 + position] == held[$0 * 35 + entry] }
      }
      #expect(isCopy, "position \(position)")
    }
  }

  @Test(arguments: [Precision.float32, .int8])
  func `a read of integers is the same bytes for 1 to 3 threads`(_ precision: Precision) throws {
    let memory = TinyMemory(frames: 3, objects: 2)
    for topK in [nil, 4] {
      let bound = try memory.bound(TinyMemory.integers(precision), topK: topK)
      let expected = try memory.read(on: backend.get(), bound).bits
      for threads in [1, 3] {
        let found = try memory.read(on: OneDNNBackend(threads: threads), bound)
        #expect(found.bits == expected, "\(threads) threads")
      }
    }
  }

  @Test(arguments: ["keys", "values"])
  func `a prepared frame takes a quarter of the bytes and gives the numbers that it stands for`(
    _ name: String
  ) throws {
    let memory = TinyMemory(frames: 1, objects: 3)
    let whole = name == "keys" ? memory.keys : memory.values
    let frame = FloatTensor(shape: [3, whole.shape[1], 5, 7], values: whole.values)
    func prepared(_ plan: PrecisionPlan) throws -> MemoryFrame {
      let compiled = try backend.get().compile(try memory.bound(plan))
      return try #require(try compiled.prepare(frame, as: name) as? MemoryFrame)
    }
    let integers = try prepared(TinyMemory.integers(.int8))
    #expect(try prepared(PrecisionPlan(.float32)).byteCount == 4 * integers.byteCount)
    let held = Storage.quantized(name == "keys" ? TinyMemory.heldKeys : TinyMemory.heldValues)
    #expect(try integers.floats().bits == frame.values.map { held.rounded($0).bitPattern })
    #expect(integers.shape == frame.shape)
  }

  @Test(arguments: [("keys", 12), ("values", 32)])
  func `what fills a frame up to whole blocks stands for 0`(_ name: String, _ channels: Int) throws
  {
    let memory = TinyMemory(frames: 1, objects: 1, keyChannels: 12)
    let compiled = try backend.get().compile(
      memory.bound(TinyMemory.integers(.float32)))
    let ones = [Float](repeating: 1, count: channels * 35)
    let prepared = try compiled.prepare(
      FloatTensor(shape: [1, channels, 5, 7], values: ones), as: name)
    let frame = try #require(prepared as? MemoryFrame)
    let held = try #require(frame.layout.quantization)
    let bytes = unsafe UnsafeRawBufferPointer(start: frame.start(0), count: frame.byteCount)
    let one = UInt8(truncatingIfNeeded: held.quantize(1))
    let zero = UInt8(truncatingIfNeeded: held.zeroPoint)
    #expect(unsafe bytes.count { $0 == one } == ones.count)
    #expect(unsafe bytes.count { $0 == zero } == frame.byteCount - ones.count)
  }

  @Test func `a frame prepared for another plan is read as the numbers that it stands for`() throws
  {
    let memory = TinyMemory(frames: 1, objects: 2)
    let other = AffineQuantization.asymmetric(minimum: -1, maximum: 3)
    let programs = try [
      memory.bound(PrecisionPlan(.float32)), memory.bound(PrecisionPlan(.bfloat16)),
      memory.bound(TinyMemory.integers(.int8)),
      memory.bound(TinyMemory.integers(.float32), keys: other),
    ].map { try backend.get().compile($0) }
    let inputs: [String: FloatTensor] = [
      "keys": FloatTensor(shape: [2, 16, 5, 7], values: memory.keys.values),
      "values": FloatTensor(shape: [2, 32, 5, 7], values: memory.values.values),
    ]
    for maker in programs {
      let prepared = try Dictionary(
        uniqueKeysWithValues: inputs.map { ($0, try maker.prepare($1, as: $0)) })
      for reader in programs {
        func read(_ frames: [String: any HeldTensor]) throws -> [UInt32] {
          var held: [String: any HeldTensor] = frames.mapValues { FrameStack([$0]) }
          held["query"] = memory.query
          return try #require(try reader.run(held: held, taps: .none)["y"]?.floats().bits)
        }
        #expect(try read(prepared) == read(prepared.mapValues { try $0.floats() }))
      }
    }
  }
}

private let backend = Result { try OneDNNBackend(threads: 2) }
