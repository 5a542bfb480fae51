import Tensors
import Testing

@Suite struct NonFiniteTests {
  private func nonFinite<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bits: [Bits], _ type: ElementType
  ) -> NonFinite? {
    Tensor(bitPatterns: bits, elementType: type, shape: [bits.count]).nonFinite
  }

  @Test func `infinities and NaN are counted, and the first is found, in every type`() {
    let expected = NonFinite(count: 3, firstIndex: 1)
    #expect(
      nonFinite([0, 0x7F80_0000, 0x7F7F_FFFF, 0xFF80_0000, 0x7F80_0001] as [UInt32], .float32)
        == expected)
    #expect(nonFinite([0, 0x7C00, 0x7BFF, 0xFC00, 0x7C01] as [UInt16], .float16) == expected)
    #expect(nonFinite([0, 0x7F80, 0x7F7F, 0xFF80, 0x7F81] as [UInt16], .bfloat16) == expected)
    #expect(
      nonFinite(
        [
          0, 0x7FF0_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF, 0xFFF0_0000_0000_0000,
          0x7FF0_0000_0000_0001,
        ] as [UInt64], .float64) == expected)
  }

  @Test(arguments: ElementType.allCases)
  func `finite numbers, integers and nothing at all are finite`(type: ElementType) throws {
    for (count, byte) in [(0, 0), (3, 0), (3, 0x3F)] as [(Int, UInt8)] {
      let bytes = [UInt8](repeating: byte, count: count * type.byteCount)
      let tensor = try Tensor(elementType: type, shape: [count], bytes: TensorBytes(bytes))
      #expect(tensor.nonFinite == nil)
    }
  }
}
