import Reports
import Testing

@Suite struct NumbersTests {
  @Test(arguments: [
    (10.551, "10.5"), (10.6, "10.6"), (10.6.nextDown, "10.5"), (0.3, "0.3"), (-0.01, "-0.1"),
    (-20.16, "-20.2"), (.infinity, "inf"), (-.infinity, "-inf"),
  ])
  func `a tolerance that passes is rounded down`(value: Double, text: String) throws {
    #expect(Numbers.passingDecibels(value) == text)
    #expect(try #require(Double(text)) <= value)
  }
}
