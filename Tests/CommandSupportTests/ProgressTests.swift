import CommandSupport
import Testing

@Suite struct ProgressTests {
  @Test(arguments: [
    (1, 30, Duration.seconds(2), "v [#.............................] 1/30, 0:58 left"),
    (15, 30, .seconds(90), "v [###############...............] 15/30, 1:30 left"),
    (1, 100, .seconds(60), "v [..............................] 1/100, 1:39:00 left"),
    (3, 4, .milliseconds(1500), "v [######################........] 3/4, 0:00 left"),
  ])
  func `the time left is what the rest takes at the same speed`(
    done: Int, total: Int, elapsed: Duration, line: String
  ) {
    #expect(Progress.line("v", done, of: total, after: elapsed) == line)
  }

  @Test func `nothing is estimated from nothing`() {
    #expect(
      Progress.line("v", 0, of: 3, after: .seconds(5))
        == "v [..............................] 0/3")
  }
}
