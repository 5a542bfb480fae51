import Tensors
import Testing

@Suite struct SpanVectorTests {
  private let numbers = (1...20).map(Float.init)

  @Test func `16 elements become a vector from any index on`() {
    #expect(numbers.span.vector(at: 3) == SIMD16(numbers[3..<19]))
    #expect(numbers.span.vector(at: 4, count: 99) == SIMD16(numbers[4..<20]))
  }

  @Test func `fewer elements are followed by zeros`() {
    #expect(
      numbers.span.vector(at: 17, count: 3)
        == SIMD16(18, 19, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  }

  @Test func `16 elements, or fewer, are stored and no others touched`() {
    let vector = SIMD16((101...116).map(Float.init))
    var stored = numbers
    var span = stored.mutableSpan
    span.store(vector, at: 2, count: 17)
    #expect(stored[..<2] == [1, 2] && stored[18...] == [19, 20])
    #expect(stored.span.vector(at: 2) == vector)
    stored = numbers
    span = stored.mutableSpan
    span.store(vector, at: 18, count: 2)
    #expect(stored[..<18] == numbers[..<18] && stored[18...] == [101, 102])
  }
}
