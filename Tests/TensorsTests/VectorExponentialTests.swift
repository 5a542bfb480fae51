import Foundation
import Tensors
import Testing

@Suite struct VectorExponentialTests {
  /// The exponential of `value`, the others being exponentials of 0.
  private func exponential(_ value: Float) -> Float {
    var values = SIMD16<Float>()
    values[7] = value
    return values.exponential()[7]
  }

  @Test func `finite exponentials are within one unit of Foundation's`() {
    var patterns = Array(stride(from: 0, through: Float(88.722).bitPattern, by: 20_011))
    patterns += stride(from: Float(-0.0).bitPattern, through: Float(-104).bitPattern, by: 20_011)
    for start in stride(from: 0, to: patterns.count - 15, by: 16) {
      let values = SIMD16(patterns[start..<start + 16].map { Float(bitPattern: $0) })
      let found = values.exponential()
      for index in 0..<16 {
        let exact = exp(Double(values[index]))
        let unit = Double(max(Float(exact).ulp, .leastNonzeroMagnitude))
        if !(abs(Double(found[index]) - exact) <= unit) {
          Issue.record("e^\(values[index]): expected \(exact), found \(found[index])")
        }
      }
    }
  }

  @Test(arguments: [0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude] as [Float])
  func `nothing and next to nothing give exactly 1`(value: Float) {
    #expect(exponential(value) == 1)
  }

  @Test(arguments: [-104, -1e30, -.greatestFiniteMagnitude, -.infinity] as [Float])
  func `what is below every number's half gives exactly 0`(value: Float) {
    #expect(exponential(value).bitPattern == 0)
  }

  @Test(arguments: [88.73, 89, 1e30, .greatestFiniteMagnitude, .infinity] as [Float])
  func `what is above every finite number gives infinity`(value: Float) {
    #expect(exponential(value) == .infinity)
  }

  @Test func `the smallest subnormal number and the largest finite ones are reached`() {
    #expect(exponential(-103.9) == .leastNonzeroMagnitude)
    #expect(exponential(88.722) > 3.39e38 && exponential(88.722).isFinite)
  }

  @Test(arguments: [Float.nan, -.nan, .signalingNaN])
  func `NaN stays NaN`(value: Float) {
    #expect(exponential(value).isNaN)
  }
}
