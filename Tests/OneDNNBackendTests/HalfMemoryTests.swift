import Execution
import Quantization
import Tensors
import TestSupport
import Testing

@testable import OneDNNBackend

/// Memories whose keys and values are held in 16 bits, whatever the read computes in.
@Suite struct HalfMemoryTests {
  /// A read in one precision of a memory that is held in another.
  struct Case: Sendable, CustomTestStringConvertible {
    let read: Precision
    let memory: Precision
    var testDescription: String { "\(memory.rawValue) read in \(read.rawValue)" }

    /// The plan.
    var plan: PrecisionPlan { PrecisionPlan(read, memories: ["keys": memory, "values": memory]) }

    /// How far the result may be off: by the order of sums, and where it or what is summed is rounded
    /// by that.
    var tolerance: Float {
      switch read {
      case .float32, .w8: 1e-5
      case .float16: 1e-3
      case .bfloat16, .int8: 1e-2
      }
    }

    /// Whether numbers stay what they are.
    var isExact: Bool { memory == .float32 && (read == .float32 || read == .w8) }
  }

  static let cases = [Precision.float32, .float16, .bfloat16, .w8].flatMap { read in
    [Precision.float32, .float16, .bfloat16].map { Case(read: read, memory: $0) }
  }

  @Test(arguments: cases)
  func `a read agrees with the reference`(_ test: Case) throws {
    for topK in [nil, 4] {
      let memory = TinyMemory(frames: 3, objects: 2, keyChannels: 12)
      let bound = try memory.bound(test.plan, topK: topK)
      let expected = try memory.read(on: ReferenceBackend(threads: 1), bound)
      let found = try memory.read(on: backend.get(), bound)
      #expect(found.relativeError(to: expected) < test.tolerance)
      let wide = try memory.bound(PrecisionPlan(.float32), topK: topK)
      let original = try memory.read(on: ReferenceBackend(threads: 1), wide)
      #expect((expected.bits == original.bits) == test.isExact)
    }
  }

  @Test(arguments: [Precision.float32, .float16, .bfloat16], ["keys", "values"])
  func `a prepared frame takes as few bytes as it can and gives the rounded numbers`(
    _ precision: Precision, _ name: String
  ) throws {
    let memory = TinyMemory(frames: 1, objects: 3)
    let whole = name == "keys" ? memory.keys : memory.values
    var frame = FloatTensor(shape: [3, whole.shape[1], 5, 7], values: whole.values)
    frame.values.replaceSubrange(0..<6, with: [0, -0.0, 65_520, -7e4, 0x1.8p-25, 0x1p-20])
    func prepared(_ precision: Precision) throws -> MemoryFrame {
      let plan = Case(read: .float32, memory: precision).plan
      let compiled = try backend.get().compile(try memory.bound(plan))
      return try #require(try compiled.prepare(frame, as: name) as? MemoryFrame)
    }
    let (found, width) = (try prepared(precision), precision == .float32 ? 4 : 2)
    #expect(try 4 * found.byteCount == width * prepared(.float32).byteCount)
    let storage: Storage =
      precision == .float16 ? .float16 : precision == .bfloat16 ? .bfloat16 : .float32
    #expect(try found.floats().bits == frame.values.map { storage.rounded($0).bitPattern })
  }

  @Test func `a model in binary16 holds its memory in 16 bits`() throws {
    let memory = TinyMemory(frames: 1, objects: 1)
    func byteCount(_ precision: Precision) throws -> Int {
      let compiled = try backend.get().compile(try memory.bound(PrecisionPlan(precision)))
      let frame = FloatTensor(shape: [1, 16, 5, 7], values: memory.keys.values)
      return try #require(try compiled.prepare(frame, as: "keys") as? MemoryFrame).byteCount
    }
    #expect(try 2 * byteCount(.float16) == byteCount(.float32))
  }

  @Test(arguments: cases)
  func `a read is the same bytes for 1 to 3 threads`(_ test: Case) throws {
    let memory = TinyMemory(frames: 2, objects: 2)
    let bound = try memory.bound(test.plan)
    let expected = try memory.read(on: backend.get(), bound).bits
    for threads in [1, 3] {
      let found = try memory.read(on: OneDNNBackend(threads: threads), bound)
      #expect(found.bits == expected, "\(threads) threads")
    }
  }

  @Test func `a frame prepared for another plan is read as the numbers that it stands for`() throws
  {
    let memory = TinyMemory(frames: 1, objects: 2)
    let programs = try Self.cases.map { try backend.get().compile(memory.bound($0.plan)) }
    let frame = FloatTensor(shape: [2, 16, 5, 7], values: memory.keys.values)
    let values = FloatTensor(shape: [2, 32, 5, 7], values: memory.values.values)
    for maker in programs {
      let prepared = try ["keys": frame, "values": values].map { name, frame in
        (name, try maker.prepare(frame, as: name))
      }
      for reader in programs {
        func read(_ held: [(String, any HeldTensor)]) throws -> [UInt32] {
          var inputs: [String: any HeldTensor] = ["query": memory.query]
          for (name, frame) in held { inputs[name] = FrameStack([frame]) }
          return try #require(try reader.run(held: inputs, taps: .none)["y"]?.floats().bits)
        }
        #expect(try read(prepared) == read(prepared.map { ($0.0, try $0.1.floats()) }))
      }
    }
  }
}

private let backend = Result { try OneDNNBackend(threads: 2) }
