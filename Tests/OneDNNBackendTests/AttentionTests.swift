import Execution
import OneDNNBackend
import Quantization
import Tensors
import TestSupport
import Testing

/// The attention that memory reads hand out beside what they read.
@Suite struct AttentionTests {
  private static func attention(
    _ memory: TinyMemory, _ detail: AttentionDetail, _ precision: Precision, topK: Int?,
    on backend: some Backend
  ) throws -> (attention: FloatTensor, read: FloatTensor) {
    var counted: FloatTensor?
    var taps = Taps.none
    taps.attention = AttentionTap(detail) { name, attention in
      #expect(name == "read")
      counted = attention
    }
    let outputs = try backend.compile(memory.bound(PrecisionPlan(precision), topK: topK))
      .run(["keys": memory.keys, "values": memory.values, "query": memory.query], taps: taps)
    return (try #require(counted), try #require(outputs["y"]))
  }

  @Test(arguments: [Int?.none, 1, 35], [AttentionDetail.frames, .entries])
  func `the attention of a read agrees with the reference`(
    _ topK: Int?, _ detail: AttentionDetail
  ) throws {
    for (precision, tolerance) in [(Precision.float32, Float(1e-5)), (.bfloat16, 1e-2)] {
      for objects in [1, 3] {
        let memory = TinyMemory(frames: 4, objects: objects)
        let expected = try Self.attention(
          memory, detail, precision, topK: topK, on: ReferenceBackend(threads: 1)
        ).attention
        let found = try Self.attention(memory, detail, precision, topK: topK, on: backend.get())
          .attention
        #expect(found.shape == (detail == .frames ? [objects, 4] : [objects, 4, 5, 7]))
        #expect(found.shape == expected.shape)
        #expect(found.relativeError(to: expected) < tolerance, "\(precision), \(objects) objects")
      }
    }
  }

  @Test(arguments: [AttentionDetail.frames, .entries])
  func `the attention of a frame that is read in parts agrees with the reference`(
    _ detail: AttentionDetail
  ) throws {
    let memory = TinyMemory(frames: 2, objects: 1, size: [33, 66])
    let expected = try Self.attention(
      memory, detail, .float32, topK: nil, on: ReferenceBackend(threads: 2)
    ).attention
    let found = try Self.attention(memory, detail, .float32, topK: nil, on: backend.get()).attention
    #expect(found.relativeError(to: expected) < 1e-5)
  }

  @Test(arguments: [AttentionDetail.frames, .entries])
  func `the attention of an object sums to the number of query positions`(
    _ detail: AttentionDetail
  ) throws {
    let memory = TinyMemory(frames: 3, objects: 2)
    let found = try Self.attention(memory, detail, .float32, topK: nil, on: backend.get()).attention
    for object in 0..<2 {
      let sum = found.slice(object).values.reduce(0, +)
      #expect(abs(sum - 35) < 1e-3)
    }
  }

  @Test(arguments: [AttentionDetail.frames, .entries], [Precision.float32, .bfloat16])
  func `a read is the same bytes whether its attention is counted or not`(
    _ detail: AttentionDetail, _ precision: Precision
  ) throws {
    let memory = TinyMemory(frames: 3, objects: 2)
    for topK in [nil, 4] {
      let plain = try memory.read(on: backend.get(), precision, topK: topK)
      let counted = try Self.attention(memory, detail, precision, topK: topK, on: backend.get())
      #expect(counted.read.bits == plain.bits)
    }
  }

  @Test(arguments: [AttentionDetail.frames, .entries])
  func `attention is the same bytes for 1 to 4 threads`(_ detail: AttentionDetail) throws {
    let memory = TinyMemory(frames: 3, objects: 2)
    let expected = try Self.attention(memory, detail, .float32, topK: nil, on: backend.get())
      .attention.bits
    for threads in [1, 3, 4] {
      let backend = try OneDNNBackend(threads: threads)
      let found = try Self.attention(memory, detail, .float32, topK: nil, on: backend).attention
      #expect(found.bits == expected)
    }
  }
}

private let backend = Result { try OneDNNBackend(threads: 2) }
