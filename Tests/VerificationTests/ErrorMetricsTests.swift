import Networks
import Tensors
import Testing
import Verification

@Suite struct ErrorMetricsTests {
  private func metrics(_ reference: [Float], _ candidate: [Float]) -> ErrorMetrics {
    var metrics = ErrorMetrics()
    metrics.include(
      reference: FloatTensor(shape: [reference.count], values: reference),
      candidate: FloatTensor(shape: [candidate.count], values: candidate))
    return metrics
  }

  @Test func `errors are measured against the reference`() {
    let found = metrics([3, 4, 0], [3, 4.5, -0.25])
    #expect(found.count == 3 && found.nonFiniteCount == 0)
    #expect(found.maximumError == 0.5 && found.meanError == 0.25)
    #expect(found.referenceMaximum == 4 && found.relativeMaximumError == 0.125)
    // 10 log10(25 / 0.3125) and 27 / sqrt(25 * 29.3125)
    #expect(abs(found.sqnr - 19.0309) < 1e-4)
    #expect(abs(found.cosine - 0.997_395) < 1e-6)
  }

  @Test func `an error of a tenth is 20 dB`() {
    #expect(abs(metrics([1, -1], [1.1, -1.1]).sqnr - 20) < 1e-5)
  }

  @Test func `no difference is infinitely good`() {
    let found = metrics([1, 2], [1, 2])
    #expect(found.sqnr == .infinity && found.relativeMaximumError == 0 && found.cosine == 1)
  }

  @Test func `nothing compared is no difference`() {
    let found = ErrorMetrics()
    #expect(found.sqnr == .infinity && found.meanError == 0 && found.cosine == 1)
  }

  @Test func `zeros against zeros agree, and against anything else do not`() {
    let same = metrics([0, -0.0], [0, 0])
    #expect(same.sqnr == .infinity && same.cosine == 1 && same.relativeMaximumError == 0)
    let wrong = metrics([0, 0], [0, 1e-3])
    #expect(wrong.sqnr == -.infinity && wrong.cosine == 0)
    #expect(wrong.relativeMaximumError == .infinity)
    #expect(metrics([1, 0], [0, 0]).sqnr == 0)
    #expect(metrics([1, 0], [0, 0]).cosine == 0)
  }

  @Test func `opposite and perpendicular vectors have cosine -1 and 0`() {
    #expect(metrics([1, 2], [-1, -2]).cosine == -1)
    #expect(metrics([1, 0], [0, 1]).cosine == 0)
  }

  @Test(
    arguments: [
      ([1, 2], [1, .nan]), ([1, .nan], [1, 2]), ([1, .infinity], [1, 2]),
      ([1, .infinity], [1, -.infinity]), ([1, .nan], [1, .infinity]),
    ] as [([Float], [Float])])
  func `a number that is not finite on one side only is as bad as can be`(
    reference: [Float], candidate: [Float]
  ) {
    let found = metrics(reference, candidate)
    #expect(found.nonFiniteCount == 1 && found.maximumError == .infinity)
    #expect(found.meanError == .infinity && found.relativeMaximumError == .infinity)
    #expect(found.sqnr == -.infinity && found.cosine == 0)
  }

  @Test func `infinity or NaN is wrong even where both sides have it`() {
    let found = metrics([1, .nan, .infinity], [1, .nan, .infinity])
    #expect(found.nonFiniteCount == 2 && found.maximumError == .infinity)
    #expect(found.sqnr == -.infinity && found.cosine == 0)
  }

  @Test func `one object is compared with each of several`() {
    var found = ErrorMetrics()
    found.include(
      reference: FloatTensor(shape: [1, 2], values: [1, 2]),
      candidate: FloatTensor(shape: [2, 2], values: [1, 2, 1, 4]))
    #expect(found.count == 4 && found.maximumError == 2 && found.meanError == 0.5)
  }

  @Test func `several tensors count as one`() {
    var found = metrics([1], [2])
    found.include(
      reference: FloatTensor(shape: [1], values: [-7]),
      candidate: FloatTensor(shape: [1], values: [-7]))
    #expect(found.count == 2 && found.meanError == 0.5 && found.referenceMaximum == 7)
  }

  @Test func `the last exception that selects a layer holds, else the standard`() throws {
    let tolerances = Tolerances(
      standard: 1,
      exceptions: [
        .init(pattern: try NamePattern("Decoder.**"), value: 2),
        .init(pattern: try NamePattern("Decoder.*"), value: 3),
        .init(pattern: try NamePattern("**.conv1"), value: 4),
      ])
    #expect(tolerances.tolerance(of: "Encoder_Q.bn1") == 1)
    #expect(tolerances.tolerance(of: "Decoder.RF3.convFS") == 2)
    #expect(tolerances.tolerance(of: "Decoder.pred2") == 3)
    #expect(tolerances.tolerance(of: "Decoder.ResMM.conv1") == 4)
  }
}
