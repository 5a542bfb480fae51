import Execution
import Images
import Models
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import STM

@Suite struct SessionTests {
  private let network: CompiledNetwork
  private let model: STM.STMModel

  init() throws {
    let model = try Model.random()
    let backend = ReferenceBackend(threads: 2)
    self.network = try CompiledNetwork(model, backend: backend)
    self.model = try .init(model, backend: backend)
  }

  private static func frames(_ count: Int, width: Int = 16, height: Int = 16) -> [STMFrame] {
    var generator = SeededGenerator(seed: 7)
    return (0..<count).map { _ in
      STMFrame(
        RGBImage(
          size: ImageSize(width: width, height: height),
          bytes: (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &generator) }
        ))
    }
  }

  private static func mask(
    width: Int = 16, height: Int = 16, _ id: (Int) -> UInt8
  ) -> ObjectMask {
    ObjectMask(width: width, height: height, ids: (0..<width * height).map(id))
  }

  @Test func `a session is the published loop`() throws {
    let frames = Self.frames(8, width: 18, height: 30)
    let mask = Self.mask(width: 18, height: 30) { UInt8($0 % 3) }
    var segmentation = VideoSegmentation(network, height: 30, width: 18)
    var session = model.session()
    var expected = mask.probabilities(of: [1, 2])
    #expect(try session.remember(frames[0], mask).probabilities == expected)
    for (last, next) in zip(frames, frames.dropFirst()) {
      try segmentation.memorize(frame: last.planes, probabilities: expected)
      expected = try segmentation.segment(frame: next.planes).probabilities
      let found = try session.segment(next)
      #expect(found.probabilities == expected)
      #expect(found.mask == ObjectMask(mostProbable: expected, of: [1, 2]))
      #expect(session.memoryFrameCount == segmentation.framesInMemory.count)
    }
    #expect(session.memoryByteCount > 0)
  }

  @Test func `ids keep their numbers, void is background, and 12 objects are followed`() throws {
    let frames = Self.frames(2)
    let ids: [UInt8] = [0, 255, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 254]
    let mask = Self.mask { ids[$0 % 14] }
    var session = model.session()
    let first = try session.remember(frames[0], mask)
    #expect(session.objects == Array(ids.dropFirst(2)))
    #expect(first.mask == mask.withoutVoid)
    #expect(try #require(first.probability(of: 0))[1] == 1)
    let second = try session.segment(frames[1])
    #expect(second.probabilities.shape == [13, 1, 16, 16])
    #expect(Set(second.mask.ids).isSubset(of: Set(ids)))
    #expect(second.probability(of: 1) == nil)
  }

  @Test func `an object that appears later joins the others with a memory of its own`() throws {
    let frames = Self.frames(4)
    let first = Self.mask { $0 < 64 ? 1 : 0 }
    var session = model.session()
    try session.remember(frames[0], first)
    let alone = try session.segment(frames[1])
    var other = session
    let expected = try other.segment(frames[2])
    let later = Self.mask { $0 >= 192 ? 7 : $0 >= 176 ? 255 : 0 }
    let joined = try session.remember(frames[2], later)
    #expect(session.objects == [1, 7])
    for pixel in 0..<256 {
      let known = try #require(expected.probability(of: 1))[pixel]
      #expect(joined.probability(of: 1)?[pixel] == (pixel >= 192 ? 0 : known))
      #expect(joined.probability(of: 7)?[pixel] == (pixel >= 192 ? 1 : 0))
    }
    let last = try session.segment(frames[3])
    #expect(last.objects == [1, 7])
    #expect(last.probabilities.shape == [3, 1, 16, 16])

    // Both memories by hand: object 7 knows nothing of the frames before it.
    var loop = VideoSegmentation(network, height: 16, width: 16)
    try loop.memorize(
      frame: frames[0].planes, probabilities: first.probabilities(of: [1]))
    try loop.memorize(frame: frames[1].planes, probabilities: alone.probabilities)
    try loop.memorize(
      frame: frames[2].planes, probabilities: joined.probabilities, newObjects: 1)
    let result = try loop.segment(frame: frames[3].planes)
    #expect(last.probabilities == result.probabilities)
    var fresh = VideoSegmentation(network, height: 16, width: 16)
    try fresh.memorize(frame: frames[2].planes, probabilities: joined.probabilities)
    let logits = try fresh.segment(frame: frames[3].planes).logits
    #expect(logits.slice(1) == result.logits.slice(1))
    #expect(logits.slice(0) != result.logits.slice(0))
  }

  @Test func `an object that a later mask shows is as it shows it`() throws {
    let frames = Self.frames(3)
    var session = model.session()
    try session.remember(frames[0], Self.mask { UInt8($0 % 3) })
    let corrected = try session.remember(frames[1], Self.mask { $0 < 100 ? 2 : 0 })
    #expect(session.objects == [1, 2])
    let two = try #require(corrected.probability(of: 2))
    #expect(two == (0..<256).map { $0 < 100 ? 1 : 0 })
    #expect(try session.segment(frames[2]).objects == [1, 2])
  }

  @Test func `a copy of a session goes on by itself`() throws {
    let frames = Self.frames(3)
    var session = model.session(policy: BoundedMemory(.frames(2)))
    try session.remember(frames[0], Self.mask { UInt8($0 % 2) })
    var copy = session
    let second = try session.segment(frames[1])
    _ = try session.segment(frames[2])
    #expect(try copy.segment(frames[1]).probabilities == second.probabilities)
  }

  @Test(arguments: MemoryPolicyName.allCases)
  func `every policy follows objects in frames of any size`(_ name: MemoryPolicyName) throws {
    let frames = Self.frames(9, width: 17, height: 37)
    var session = model.session(policy: name.policy(interval: 1, limit: .frames(5)))
    try session.remember(frames[0], Self.mask(width: 17, height: 37) { UInt8($0 % 3) })
    for frame in frames.dropFirst() {
      let probabilities = try session.segment(frame).probabilities
      #expect(probabilities.values.allSatisfy { $0 >= 0 && $0 <= 1 })
    }
    #expect(
      session.memoryFrameCount == (name == .everyNth ? 8 : name == .firstAndLast ? 2 : 5))
  }

  @Test func `what does not fit is refused`() throws {
    let frames = Self.frames(1)
    let large = Self.frames(1, width: 32)[0]
    let sizes = (ImageSize(width: 16, height: 16), ImageSize(width: 32, height: 16))
    var session = model.session()
    #expect(throws: STMError.nothingRemembered) { try session.segment(frames[0]) }
    #expect(throws: STMError.noObject) {
      try session.remember(frames[0], Self.mask { $0 < 9 ? 255 : 0 })
    }
    #expect(throws: STMError.maskSize(expected: sizes.0, found: sizes.1)) {
      try session.remember(frames[0], Self.mask(width: 32) { _ in 1 })
    }
    try session.remember(frames[0], Self.mask { _ in 1 })
    #expect(throws: STMError.frameSize(expected: sizes.0, found: sizes.1)) {
      try session.segment(large)
    }
    #expect(throws: STMError.frameSize(expected: sizes.0, found: sizes.1)) {
      try session.remember(large, Self.mask(width: 32) { _ in 1 })
    }
  }
}
