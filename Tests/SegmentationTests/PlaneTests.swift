import Foundation
import Segmentation
import Tensors
import TestSupport
import Testing

/// Arithmetic on whole planes, held against the same formulas for one pixel.
@Suite struct PlaneTests {
  private static let widths = [1, 15, 16, 17, 40]

  private func random(_ shape: Shape, in range: ClosedRange<Float>) -> FloatTensor {
    var generator = SeededGenerator(seed: 11)
    return .random(shape, in: range, using: &generator)
  }

  @Test(arguments: widths)
  func `every pixel's probability is the softmax of its own two logits`(width: Int) {
    let logits = random([2, 2, 1, width], in: -20...20)
    let found = SoftAggregation.objectProbabilities(logits).values
    for object in 0..<2 {
      for pixel in 0..<width {
        let background = Double(logits.values[2 * object * width + pixel])
        let foreground = Double(logits.values[(2 * object + 1) * width + pixel])
        let expected = exp(foreground) / (exp(background) + exp(foreground))
        #expect(abs(Double(found[object * width + pixel]) / expected - 1) < 1e-6)
      }
    }
  }

  @Test(arguments: widths)
  func `every pixel's probabilities are aggregated by themselves`(width: Int) {
    let objects = random([3, 1, 1, width], in: 0...1)
    let found = SoftAggregation.aggregate(objects)
    for pixel in 0..<width {
      let alone = SoftAggregation.aggregate(
        FloatTensor(
          shape: [3, 1, 1, 1], values: (0..<3).map { objects.values[$0 * width + pixel] }))
      #expect((0..<4).map { found.values[$0 * width + pixel] } == alone.values)
    }
  }

  @Test(arguments: widths)
  func `every pixel's others are the sum of the other objects there`(width: Int) {
    let masks = random([2, 1, 1, width], in: 0...1)
    let found = VideoSegmentation.others(masks).values
    for pixel in 0..<width {
      let (first, second) = (masks.values[pixel], masks.values[width + pixel])
      #expect(abs(found[pixel] - second) < 1e-6 && abs(found[width + pixel] - first) < 1e-6)
    }
  }

  @Test(arguments: widths)
  func `every pixel gets the id that is most probable there`(width: Int) {
    let probabilities = random([255, 1, 1, width], in: 0...1)
    let found = ObjectMask(mostProbable: probabilities, of: Array(1...254)).ids
    for pixel in 0..<width {
      let here = (0..<255).map { probabilities.values[$0 * width + pixel] }
      #expect(here.firstIndex(of: here.max() ?? 0) == Int(found[pixel]))
    }
  }
}
