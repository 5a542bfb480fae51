import Tensors
import Testing

@Suite struct BFloat16RoundingTests {
  @Test func `every bfloat16 number, its neighbours and every tie round as the type does`() {
    for pattern in UInt32(UInt16.min)...UInt32(UInt16.max) {
      for low: UInt32 in [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF] {
        let value = Float(bitPattern: pattern << 16 | low)
        let expected = Float(BFloat16(value))
        if value.roundedToBFloat16.bitPattern != expected.bitPattern {
          Issue.record("\(value): expected \(expected), found \(value.roundedToBFloat16)")
        }
      }
    }
  }

  @Test func `what is rounded stays as it is, and NaN stays NaN`() {
    #expect(Float(1.003_906_25).roundedToBFloat16 == 1)
    #expect(Float(1.011_718_75).roundedToBFloat16 == 1.015_625)
    #expect(Float.greatestFiniteMagnitude.roundedToBFloat16 == .infinity)
    #expect(Float(-0.0).roundedToBFloat16.bitPattern == 0x8000_0000)
    #expect(Float.nan.roundedToBFloat16.isNaN && Float.signalingNaN.roundedToBFloat16.isNaN)
  }
}
