import Segmentation
import TestSupport
import Testing

@testable import Evaluation

@Suite struct BitMaskTests {
  /// Ids of 0 to 2 and 255, in clumps.
  private func mask(_ width: Int, _ height: Int, seed: UInt64) -> ObjectMask {
    var generator = SeededGenerator(seed: seed)
    var id: UInt8 = 0
    let ids = (0..<width * height).map { _ in
      if Int.random(in: 0..<6, using: &generator) == 0 {
        id = [0, 1, 2, 255].randomElement(using: &generator) ?? 0
      }
      return id
    }
    return ObjectMask(width: width, height: height, ids: ids)
  }

  /// Whether each pixel is set, row by row.
  private func pixels(_ mask: BitMask) -> [Bool] {
    (0..<mask.height).flatMap { row in
      (0..<mask.width).map { column in
        mask.words[row * mask.wordsPerRow + column / 64] >> UInt64(column % 64) & 1 == 1
      }
    }
  }

  @Test(arguments: [1, 7, 8, 63, 64, 65, 86, 130])
  func `bits are those of the pixels, and none beyond`(width: Int) {
    let mask = mask(width, 3, seed: UInt64(width))
    for id in [0, 1, 2, 255] as [UInt8] {
      let bits = BitMask(of: id, in: mask)
      #expect(pixels(bits) == mask.ids.map { $0 == id })
      #expect(bits.count == mask.ids.count { $0 == id })
    }
  }

  @Test func `masks are counted together and taken from one another`() {
    let (mine, theirs) = (mask(70, 5, seed: 1), mask(70, 5, seed: 2))
    let (one, other) = (BitMask(of: 1, in: mine), BitMask(of: 2, in: theirs))
    let pairs = zip(mine.ids, theirs.ids).map { ($0 == 1, $1 == 2) }
    #expect(one.count(sharedWith: other) == pairs.count { $0 && $1 })
    #expect(one.counts(with: other).united == pairs.count { $0 || $1 })
    #expect(pixels(one.subtracting(other)) == pairs.map { $0 && !$1 })
  }

  @Test(arguments: [(1, 1), (5, 4), (64, 3), (65, 3), (130, 6)])
  func `the boundary is where a neighbour to the right or below differs`(width: Int, height: Int) {
    let mask = mask(width, height, seed: 3)
    let inside = mask.ids.map { $0 == 1 }
    let expected = inside.indices.map { index in
      let (right, below) = (
        min(index % width + 1, width - 1), min(index / width + 1, height - 1) * width
      )
      return [
        index - index % width + right, below + index % width, below + right,
      ].contains { inside[$0] != inside[index] }
    }
    #expect(pixels(BitMask(of: 1, in: mask).boundary) == expected)
  }

  @Test(arguments: [1, 9, 63, 64, 65, 86, 200])
  func `one pass finds every object, however narrow and many`(width: Int) {
    var generator = SeededGenerator(seed: 11)
    let ids = (0..<3 * width).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let mask = ObjectMask(width: width, height: 3, ids: ids)
    for (id, bits) in zip(0...255, BitMask.all(Array(0...255), in: mask)) {
      #expect(pixels(bits) == ids.map { $0 == id })
    }
    let whole = ObjectMask(width: width, height: 1, ids: [UInt8](repeating: 7, count: width))
    #expect(BitMask.all([7, 8], in: whole).map(\.count) == [width, 0])
    #expect(BitMask.all([8], in: whole)[0].isEmpty)
    #expect(mask.presence == (0...255).map { ids.contains($0) })
  }

  @Test(arguments: [0, 1, 2, 3, 5, 8, 36, 63, 64, 65, 70])
  func `pixels within reach are those that a disk covers, pixel by pixel`(radius: Int) {
    for (width, seed) in [(1, 1), (40, 2), (64, 3), (65, 4), (150, 5), (260, 6)] as [(Int, UInt64)]
    {
      var generator = SeededGenerator(seed: seed)
      let height = 14
      func sparse() -> [UInt8] {
        (0..<width * height).map { _ in Int.random(in: 0..<90, using: &generator) == 0 ? 1 : 0 }
      }
      let (mine, theirs) = (sparse(), sparse())
      func places(_ ids: [UInt8]) -> [(x: Int, y: Int)] {
        ids.indices.filter { ids[$0] == 1 }.map { ($0 % width, $0 / width) }
      }
      let others = places(theirs)
      let expected = places(mine).count { place in
        others.contains { other in
          let (x, y) = (place.x - other.x, place.y - other.y)
          return x * x + y * y <= radius * radius
        }
      }
      let (mask, other) = (
        BitMask(of: 1, in: ObjectMask(width: width, height: height, ids: mine)),
        BitMask(of: 1, in: ObjectMask(width: width, height: height, ids: theirs))
      )
      #expect(mask.count(within: radius, of: other) == expected, "width \(width)")
      #expect(mask.count(sharedWith: other.dilated(by: radius)) == expected, "width \(width)")
    }
  }

  @Test(arguments: [0, 1, 2, 5, 8, 70])
  func `dilation reaches as far as a disk`(radius: Int) {
    let (width, height) = (150, 12)
    var ids = [UInt8](repeating: 0, count: width * height)
    for index in [0, 149, 400, 64 + 5 * width, 63 + 9 * width] { ids[index] = 1 }
    let set = ids.indices.filter { ids[$0] == 1 }.map { ($0 % width, $0 / width) }
    let expected = ids.indices.map { index in
      set.contains { column, row in
        let (x, y) = (index % width - column, index / width - row)
        return x * x + y * y <= radius * radius
      }
    }
    let mask = BitMask(of: 1, in: ObjectMask(width: width, height: height, ids: ids))
    let found = mask.dilated(by: radius)
    #expect(pixels(found) == expected)
    #expect(found.count == expected.count { $0 })
  }
}
