import OnnxFiles
import Tensors
import TestSupport
import Testing

@testable import OnnxExecution

@Suite struct CastTests {
  @Test func `cuts numbers beyond the range of integers to their lower bits`() throws {
    let path = Fixture.path("math/cast-f32-to-integers.onnx")
    let outputs = try OnnxProgram(OnnxFile.read(path), path: path).run([
      "x": .floats([.nan, .infinity, -1.5, 300, 3e9, 1.5e19])
    ])
    let low = Int64.min
    #expect(outputs["i8"]?.integers() == [0, 0, -1, 44, 0x5E00 & 0xFF, 0])
    #expect(outputs["u8"]?.integers() == [0, 0, 255, 44, 0x5E00 & 0xFF, 0])
    #expect(outputs["i32"]?.integers() == [0, 0, -1, 300, -1_294_967_296, 0])
    #expect(outputs["i64"]?.integers() == [low, low, -1, 300, 3_000_000_000, low])
    #expect(
      outputs["u64"]?.bitPatterns(as: UInt64.self)
        == [1 << 63, 1 << 63, .max, 300, 3_000_000_000, UInt64(1.5e19 as Float)])
  }

  @Test(arguments: [(ElementType.float16, 0x1p-10), (.bfloat16, 0x1p-7)])
  func `rounds binary64 numbers once`(_ type: ElementType, _ step: Double) throws {
    // A little beside a number that lies between two; in binary32 it would be that number.
    let numbers = [1 + step / 2 + 0x1p-40, 1 + 3 * step / 2 - 0x1p-40, -1 - step / 2 - 0x1p-40]
    let value = Value(.float64, [3], exact: .double(numbers))
    let rounded = [1 + step, 1 + step, -1 - step]
    #expect(try value.casted(to: type).doubles() == rounded)
  }

  @Test func `rounds what lies beyond the range to infinity`() throws {
    let value = Value(.float64, [4], exact: .double([65519.99, 65520, 3.39e38, -3.4e38]))
    #expect(try value.casted(to: .float16).doubles() == [65504, .infinity, .infinity, -.infinity])
    #expect(
      try value.casted(to: .bfloat16).doubles() == [65536, 65536, 0x1.FEp127, -.infinity])
  }

  @Test func `refuses types that the suite does not have`() {
    let inputs = ["x": Tensor.zeros([2])]
    Refusal("cast-string", "Cast").isUnsupported(
      inputs, "data type 8 (attribute 'to') is not supported")
    Refusal("cast-float8", "Cast", opset: 19).isUnsupported(
      inputs, "data type 17 (attribute 'to') is not supported")
    Refusal("cast-unknown", "Cast").isUnsupported(
      inputs, "data type 1099511627776 (attribute 'to') is not supported")
  }
}
