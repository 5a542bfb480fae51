import Execution
import Models
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing

@Suite struct MemoryTests {
  private static func bank(frames: Int, every interval: Int = 5) throws -> MemoryBank {
    var memory = MemoryBank(EveryNthFrame(interval))
    for frame in 0..<frames {
      let value = FloatTensor(shape: [1, 1, 1, 1], values: [Float(frame)])
      try memory.add(frame: frame, key: value, value: value)
    }
    return memory
  }

  @Test(arguments: [
    (1, [0]), (2, [0, 1]), (3, [0, 2]), (5, [0, 4]), (6, [0, 5]), (7, [0, 5, 6]),
    (11, [0, 5, 10]), (12, [0, 5, 10, 11]), (14, [0, 5, 10, 13]),
  ])
  func `every fifth frame and the one before are in memory`(count: Int, frames: [Int]) throws {
    #expect(try Self.bank(frames: count).frames == frames)
  }

  @Test func `frame t is segmented with floor of (t - 2) / 5, and 2, frames in memory`() throws {
    for t in 2..<60 { #expect(try Self.bank(frames: t).frames.count == (t - 2) / 5 + 2) }
  }

  @Test func `an interval of 1 keeps every frame`() throws {
    #expect(try Self.bank(frames: 4, every: 1).frames == [0, 1, 2, 3])
  }

  @Test func `keys are joined behind one another in time, within each channel of each object`()
    throws
  {
    var memory = MemoryBank()
    let first = FloatTensor(shape: [2, 2, 1, 2], values: [0, 1, 2, 3, 4, 5, 6, 7])
    let second = FloatTensor(shape: [2, 2, 1, 2], values: first.values.map { $0 + 10 })
    try memory.add(frame: 0, key: first, value: second)
    try memory.add(frame: 1, key: second, value: first)
    #expect(memory.keys.shape == [2, 2, 2, 1, 2])
    #expect(
      try memory.keys.floats().values == [0, 1, 10, 11, 2, 3, 12, 13, 4, 5, 14, 15, 6, 7, 16, 17])
    #expect(
      try memory.values.floats().values == [10, 11, 0, 1, 12, 13, 2, 3, 14, 15, 4, 5, 16, 17, 6, 7])
  }

  @Test func `masks of another number of objects than those in memory are refused`() throws {
    let network = STMNetwork(.tiny)
    let model = try Model(
      network, precision: .float32,
      weights: try TensorArchive.random(network.parameters, seed: 1), path: "tiny")
    var segmentation = VideoSegmentation(
      try CompiledNetwork(model, backend: ReferenceBackend(threads: 2)), height: 16, width: 16)
    let frame = FloatTensor(zeros: [1, 3, 16, 16])
    #expect(throws: ExecutionError.self) {
      try segmentation.memorize(
        frame: frame, probabilities: FloatTensor(zeros: [1, 1, 16, 16]))
    }
    try segmentation.memorize(frame: frame, probabilities: FloatTensor(zeros: [2, 1, 16, 16]))
    #expect(throws: ExecutionError.self) {
      try segmentation.memorize(
        frame: frame, probabilities: FloatTensor(zeros: [3, 1, 16, 16]))
    }
    #expect(segmentation.framesInMemory == [0])
  }

  @Test func `a clip is segmented at its own size, with the padding cut off`() throws {
    let network = STMNetwork(.tiny)
    let model = try Model(
      network, precision: .float32,
      weights: try TensorArchive.random(network.parameters, seed: 1), path: "tiny")
    var segmentation = VideoSegmentation(
      try CompiledNetwork(model, backend: ReferenceBackend(threads: 2)), height: 18, width: 30)
    var generator = SeededGenerator(seed: 7)
    let ids = (0..<18 * 30).map { UInt8($0 % 3) }
    var probabilities = ObjectMask(width: 30, height: 18, ids: ids).probabilities(of: [1, 2])
    for _ in 0..<3 {
      let frame = FloatTensor.random([1, 3, 18, 30], in: 0...1, using: &generator)
      try segmentation.memorize(frame: frame, probabilities: probabilities)
      let result = try segmentation.segment(frame: frame)
      #expect(result.logits.shape == [2, 2, 32, 32])
      #expect(result.probabilities.shape == [3, 1, 18, 30])
      #expect(result.probabilities.values.allSatisfy { $0 >= 0 && $0 <= 1 })
      probabilities = result.probabilities
    }
    #expect(segmentation.framesInMemory == [0, 2])
  }
}
