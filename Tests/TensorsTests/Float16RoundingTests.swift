import Tensors
import Testing

@Suite struct Float16RoundingTests {
  @Test func `every binary16 number, its neighbours and every tie round as the language does`() {
    for pattern in UInt16.min...UInt16.max {
      let half = Float16(bitPattern: pattern)
      guard half.isFinite else { continue }
      let (value, next) = (Float(half), Float(half.nextUp))
      let tie = next.isFinite ? (value + next) / 2 : value < 0 ? -65_520 : 65_520
      for candidate in [value, value.nextUp, value.nextDown, tie, tie.nextUp, tie.nextDown] {
        let expected = Float(Float16(candidate))
        if candidate.roundedToFloat16.bitPattern != expected.bitPattern {
          Issue.record("\(candidate): expected \(expected), found \(candidate.roundedToFloat16)")
        }
        if candidate.binary16 != Float16(candidate).bitPattern {
          Issue.record("\(candidate): found the bits \(candidate.binary16)")
        }
      }
    }
  }

  @Test(arguments: [
    Float.infinity, -.infinity, .greatestFiniteMagnitude, -0.0, 0, .leastNonzeroMagnitude,
  ])
  func `extremes round as the language does`(value: Float) {
    #expect(value.roundedToFloat16.bitPattern == Float(Float16(value)).bitPattern)
    #expect(value.binary16 == Float16(value).bitPattern)
  }

  @Test func `NaN stays NaN`() {
    #expect(Float.nan.roundedToFloat16.isNaN)
    #expect(Float.signalingNaN.roundedToFloat16.isNaN)
    #expect(Float16(bitPattern: Float.nan.binary16).isNaN)
    #expect(Float16(bitPattern: (-Float.signalingNaN).binary16).isNaN)
  }
}
