import Foundation
import Segmentation
import Testing

@testable import Training

/// What losses are weighted and divided by.
@Suite struct LossSettingsTests {
  @Test func `the share of hard pixels falls linearly between two steps`() {
    let schedule = LossSettings.Bootstrap(share: 0.2, firstStep: 10, lastStep: 20)
    #expect([0, 10].map(schedule.share) == [1, 1])
    #expect(abs(schedule.share(at: 15) - 0.6) < 1e-12)
    #expect([20, 21].map(schedule.share) == [0.2, 0.2])
    let sudden = LossSettings.Bootstrap(share: 0.2, firstStep: 5, lastStep: 5)
    #expect([5, 6].map(sudden.share) == [1, 0.2])
  }

  @Test func `counts are those of what the masks say`() {
    let clip = TinyTraining.clip()
    let known = clip.masks[1...].reduce(0) { $0 + $1.ids.count { $0 != ObjectMask.void } }
    #expect(
      LossCounts(of: clip, LossSettings(), step: 0) == LossCounts(pixels: known))
    // A grid of 2x1 cells: each object has one of them in both frames.
    #expect(
      LossCounts(of: clip, TinyTraining.allLosses, step: 1)
        == LossCounts(
          pixels: Int((0.6 * Double(known)).rounded(.up)), objects: 4, positions: 4))
    #expect(LossCounts(of: clip, TinyTraining.allLosses, step: 0).pixels == known)
  }

  @Test func `counts and sums survive being added up as numbers`() {
    let counts = LossCounts(pixels: 3, objects: 4, positions: 5)
    #expect(LossCounts(numbers: counts.numbers) == counts)
    #expect(counts + counts == LossCounts(pixels: 6, objects: 8, positions: 10))
    let values = LossValues(crossEntropy: 1, dice: 2, attention: 3)
    #expect(LossValues(numbers: (values + values).numbers).dice == 4)
  }

  @Test func `the total is the weighted sum of the means of losses that have terms`() {
    let values = LossValues(crossEntropy: 6, dice: 2, attention: 3)
    let settings = LossSettings(crossEntropy: 2, dice: 0.5, attention: 7)
    #expect(values.total(settings, LossCounts(pixels: 3, objects: 4)) == 4.25)
  }

  @Test func `settings survive JSON`() throws {
    let settings = TinyTraining.allLosses
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(LossSettings.self, from: data) == settings)
  }
}
