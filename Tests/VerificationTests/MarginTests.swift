import Testing
import Verification

@Suite struct MarginTests {
  @Test func `a layer that fails is worse than any that passes, then the one further below`() {
    func margin(_ contribution: Double, _ passing: Double) -> ClipVerification.Margin {
      ClipVerification.Margin(contribution: contribution, passing: passing, tolerance: 45)
    }
    let margins = [
      margin(50, 15), margin(44, 44), margin(30, .infinity), margin(46, 46), margin(70, 60),
      margin(.infinity, .infinity),
    ]
    #expect(margins.reversed().sorted() == margins)
  }
}
