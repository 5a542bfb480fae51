import Tensors
import Testing

@Suite struct NumberTests {
  /// Expected bits are those of `ml_dtypes.bfloat16` for the same binary32 numbers.
  @Test(
    arguments: [
      (0x0000_0000, 0x0000), (0x8000_0000, 0x8000), (0x3F80_0000, 0x3F80),
      (0x3F80_8000, 0x3F80),  // a tie, to the even fraction below
      (0x3F81_8000, 0x3F82),  // a tie, to the even fraction above
      (0x3F80_8001, 0x3F81), (0x3F80_7FFF, 0x3F80),
      (0xBF81_8000, 0xBF82),
      (0x7F7F_FFFF, 0x7F80),  // the largest finite number rounds to infinity
      (0x7F7F_7FFF, 0x7F7F), (0x7F80_0000, 0x7F80), (0xFF80_0000, 0xFF80),
      (0x0000_0001, 0x0000), (0x0000_8000, 0x0000), (0x0000_8001, 0x0001), (0x0001_8000, 0x0002),
      (0x007F_FFFF, 0x0080),  // the largest subnormal becomes the smallest normal
    ] as [(UInt32, UInt16)])
  func `binary32 rounds to the nearest bfloat16, ties to even`(bits: UInt32, expected: UInt16) {
    #expect(BFloat16(Float(bitPattern: bits)).bitPattern == expected)
  }

  @Test(arguments: [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0x7FFF_FFFF, 0xFF80_8000] as [UInt32])
  func `NaN stays NaN in bfloat16, with its sign`(bits: UInt32) {
    let rounded = BFloat16(Float(bitPattern: bits))
    #expect(Float(rounded).isNaN)
    #expect(rounded.bitPattern >> 15 == UInt16(bits >> 31))
  }

  @Test func `every bfloat16 is exact in binary32 and comes back`() {
    for bits in UInt16.min ... .max {
      let value = Float(BFloat16(bitPattern: bits))
      #expect(value.isNaN || BFloat16(value).bitPattern == bits)
    }
  }

  /// Expected bits are those of `numpy.float16` for the same numbers.
  @Test(
    arguments: [
      (65504, 0x7BFF), (65519.996, 0x7BFF), (65520, 0x7C00), (-65520, 0xFC00), (.infinity, 0x7C00),
      (1 + 0x1p-11, 0x3C00), (1 + 3 * 0x1p-11, 0x3C02), (0x1p-24, 0x0001), (0x1p-25, 0x0000),
      (0x1.8p-24, 0x0002), (0x1.8p-25, 0x0001), (-0.0, 0x8000), (0x1p-14, 0x0400),
    ] as [(Float, UInt16)])
  func `binary16 rounds to nearest, ties to even, as tensors read it`(
    value: Float, expected: UInt16
  ) {
    #expect(Float16(value).bitPattern == expected)
  }

  /// Expected numbers are those of numpy and `ml_dtypes`.
  @Test func `all floating-point types widen or round to binary32`() throws {
    func floats<Bits: FixedWidthInteger & BitwiseCopyable>(
      _ bits: [Bits], _ type: ElementType
    ) throws -> [UInt32] {
      Tensor(bitPatterns: bits, elementType: type, shape: [bits.count]).floats().values
        .map(\.bitPattern)
    }
    #expect(
      try floats([0x3C01, 0x0001, 0x8000, 0x7C00] as [UInt16], .float16)
        == [0x3F80_2000, 0x3380_0000, 0x8000_0000, 0x7F80_0000])
    #expect(
      try floats([0x3F81, 0x0001, 0xFF80] as [UInt16], .bfloat16)
        == [0x3F81_0000, 0x0001_0000, 0xFF80_0000])
    #expect(try floats([0x7FA0_0001, 1] as [UInt32], .float32) == [0x7FA0_0001, 1])
    #expect(
      try floats(
        [
          0x3FF0_0000_1000_0000, 0x3FF0_0000_3000_0000, 0x7FEF_FFFF_FFFF_FFFF, 1,
          0xC000_0000_0000_0000,
        ] as [UInt64], .float64)
        == [0x3F80_0000, 0x3F80_0002, 0x7F80_0000, 0, 0xC000_0000])
  }

  @Test func `every binary16 number widens as the language does`() {
    let bits = Array(UInt16.min...UInt16.max)
    let values = Tensor(bitPatterns: bits, elementType: .float16, shape: [bits.count]).floats()
    for (bits, value) in zip(bits, values.values) {
      let expected = Float(Float16(bitPattern: bits))
      if value.bitPattern != expected.bitPattern && !(value.isNaN && expected.isNaN) {
        Issue.record("\(bits): expected \(expected), found \(value)")
      }
    }
  }

  @Test(arguments: ElementType.allCases.filter { !$0.isFloatingPoint })
  func `integers and booleans are not taken for numbers to compute with`(
    type: ElementType
  ) throws {
    let tensor = try Tensor(
      elementType: type, shape: [1],
      bytes: TensorBytes([UInt8](repeating: 0, count: type.byteCount)))
    let entry = TensorArchive.Entry(name: "mask", tensor: tensor, source: "a.npz")
    #expect(
      throws: TensorError.notFloatingPoint(name: "mask", source: "a.npz", found: type)
    ) { try entry.floats() }
  }
}
