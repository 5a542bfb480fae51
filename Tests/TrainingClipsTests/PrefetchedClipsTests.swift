import Segmentation
import Synchronization
import Tensors
import Testing
import Training

@testable import TrainingClips

@Suite struct PrefetchedClipsTests {
  /// What is thrown in place of a clip.
  private struct Refusal: Error, Equatable {
    let step: Int
  }

  /// Clips that say where they are from, and notes which were made.
  private final class Counted: ClipSource {
    let made = Mutex<[[Int]]>([])
    let refused: Int?

    init(refused: Int? = nil) { self.refused = refused }

    func clip(step: Int, position: Int) throws -> TrainingClip {
      made.withLock { $0.append([step, position]) }
      if step == refused { throw Refusal(step: step) }
      let frame = FloatTensor(zeros: [1, 3, 16, 16])
      let mask = ObjectMask(width: 16, height: 16, ids: Array(repeating: 1, count: 256))
      return TrainingClip(
        frames: Array(repeating: frame, count: 3), masks: Array(repeating: mask, count: 3),
        objectCount: 1, source: "\(step) \(position)")
    }
  }

  private func source(_ clips: PrefetchedClips, _ step: Int, _ position: Int) throws -> String {
    try clips.clip(step: step, position: position).source
  }

  @Test func `clips are those of the source, each made once`() throws {
    let counted = Counted()
    let clips = PrefetchedClips(counted, positions: 1..<3, from: 5, ahead: 2)
    for step in 5..<25 {
      for position in 1..<3 {
        #expect(try source(clips, step, position) == "\(step) \(position)")
      }
    }
    let made = counted.made.withLock { $0 }
    #expect(Set(made).count == made.count)
    #expect(made.count <= 40 + 3)
  }

  @Test func `errors come when their clips are asked for, and later clips after them`() throws {
    let clips = PrefetchedClips(Counted(refused: 2), positions: 0..<2, from: 0, ahead: 8)
    for step in 0..<5 {
      for position in 0..<2 {
        if step == 2 {
          #expect(throws: Refusal(step: 2)) { try clips.clip(step: step, position: position) }
        } else {
          #expect(try source(clips, step, position) == "\(step) \(position)")
        }
      }
    }
  }

  @Test func `any other order gives the same clips`() throws {
    let clips = PrefetchedClips(Counted(), positions: 0..<3, from: 0, ahead: 1)
    for (step, position) in [
      (0, 2), (0, 0), (0, 1), (0, 1), (7, 1), (7, 9), (3, 0), (7, 0), (8, 2),
    ] {
      #expect(try source(clips, step, position) == "\(step) \(position)")
    }
  }

  @Test func `no more are prepared than may be`() throws {
    let counted = Counted()
    let clips = PrefetchedClips(counted, positions: 0..<4, from: 0, ahead: 3)
    #expect(try source(clips, 0, 0) == "0 0")
    #expect(try source(clips, 0, 1) == "0 1")
    for _ in 0..<20 {
      #expect(counted.made.withLock { $0.count } <= 2 + 3)
    }
  }

  @Test func `nothing is held of a source once its clips are released`() throws {
    weak var released: Counted?
    do {
      let counted = Counted()
      released = counted
      let clips = PrefetchedClips(counted, positions: 0..<1, from: 0, ahead: 1)
      #expect(try source(clips, 0, 0) == "0 0")
    }
    while released != nil {}
  }

  @Test func `the cache keeps to its bytes, and what was used last`() {
    let cache = PictureCache<Int, Int>(limit: 20)
    var read: [Int] = []
    func value(_ key: Int) -> Int {
      cache.value(for: key) {
        read.append(key)
        return (key * 2, 8)
      }
    }
    #expect([1, 2, 1, 3, 1, 2].map(value) == [2, 4, 2, 6, 2, 4])
    #expect(read == [1, 2, 3, 2])
    #expect(cache.byteCount == 16)
  }

  @Test func `the cache does not keep what is too large, nor what could not be read`() {
    let cache = PictureCache<Int, Int>(limit: 20)
    #expect(cache.value(for: 1) { (1, 21) } == 1)
    #expect(throws: Refusal(step: 1)) { try cache.value(for: 2) { throw Refusal(step: 1) } }
    #expect(cache.byteCount == 0)
    #expect(cache.value(for: 2) { (5, 1) } == 5)
  }
}
