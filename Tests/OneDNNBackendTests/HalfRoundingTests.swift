import Testing

@testable import OneDNNBackend

@Suite struct HalfRoundingTests {
  @Test func `every binary16 number, its neighbours and the ties between round as Float16 does`() {
    var bits = (0...UInt16.max).map { Float(Float16(bitPattern: $0)).bitPattern }
    let ties = bits.map { $0 &+ 0x1000 }
    bits += ties + ties.map { $0 &+ 1 } + ties.map { $0 &- 1 }
    // Between subnormals the ties lie elsewhere.
    bits += (0..<0x400).map { (Float($0) + 0.5) * 0x1p-24 }.map(\.bitPattern)
    bits += [Float.leastNonzeroMagnitude, 0x1p-25, 65519, 65520, .infinity].flatMap {
      [$0.bitPattern, (-$0).bitPattern]
    }
    var rounded = bits
    unsafe rounded.withUnsafeMutableBufferPointer { unsafe $0.roundToHalf() }
    let expected = bits.map { Float(Float16(Float(bitPattern: $0))).bitPattern }
    let differing = bits.indices.filter {
      rounded[$0] != expected[$0]
        && !(Float(bitPattern: rounded[$0]).isNaN && Float(bitPattern: expected[$0]).isNaN)
    }
    #expect(differing.isEmpty, "\(differing.prefix(5).map { String(bits[$0], radix: 16) })")
  }
}
