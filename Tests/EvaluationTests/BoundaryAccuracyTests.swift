import Evaluation
import Foundation
import Segmentation
import Testing

@Suite struct BoundaryAccuracyTests {
  /// Two masks and what SciPy's morphology gives for objects 1, 2 and 3, of which the last is absent
  /// (`Fixtures/make_boundaries.py`).
  private struct Case: Decodable {
    let width: Int
    let mask: String
    let truth: String
    let accuracies: [Double]

    func mask(_ digits: String) -> ObjectMask {
      let ids = digits.utf8.map { $0 == UInt8(ascii: "v") ? ObjectMask.void : $0 - 48 }
      return ObjectMask(width: width, height: ids.count / width, ids: ids)
    }
  }

  private func mask(_ rows: String...) -> ObjectMask {
    ObjectMask(
      width: rows[0].utf8.count, height: rows.count, ids: rows.flatMap { $0.utf8.map { $0 - 48 } })
  }

  @Test func `accuracies are those of the DAVIS definition in SciPy`() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/boundaries.json", ofType: nil))
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: URL(filePath: path)))
    #expect(cases.count == 3)
    for example in cases {
      let (mask, truth) = (example.mask(example.mask), example.mask(example.truth))
      for (index, expected) in example.accuracies.enumerated() {
        let found = mask.boundaryAccuracy(with: truth, id: UInt8(index + 1))
        #expect(abs(found - expected) < 1e-12, "object \(index + 1), width \(example.width)")
      }
    }
  }

  @Test func `a boundary in one mask only matches nothing`() {
    let (some, none) = (mask("010", "000"), mask("000", "000"))
    #expect(some.boundaryAccuracy(with: none, id: 1) == 0)
    #expect(none.boundaryAccuracy(with: some, id: 1) == 0)
    #expect(none.boundaryAccuracy(with: none, id: 1) == 1)
  }

  @Test func `an object that fills the image has no boundary`() {
    #expect(mask("11", "11").boundaryAccuracy(with: mask("11", "11"), id: 1) == 1)
    #expect(mask("11", "11").boundaryAccuracy(with: mask("10", "11"), id: 1) == 0)
  }

  @Test func `changed pixels are counted for one object and for all`() {
    let (before, after) = (mask("0112", "0022"), mask("0122", "1020"))
    #expect(after.changedPixels(from: before) == 3)
    #expect(after.changedPixels(from: before, id: 1) == 2)
    #expect(after.changedPixels(from: before, id: 2) == 2)
    #expect(after.changedPixels(from: after) == 0)
  }
}
