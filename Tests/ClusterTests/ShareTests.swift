import Cluster
import Files
import TestSupport
import Testing

@Suite struct ShareTests {
  @Test(arguments: [1, 2, 3, 8])
  func `items are dealt out one after another, and results come in their order`(count: Int) throws {
    let made = ThreadGroup.run(count) { group in
      Result { try group.share(Array(0..<5)) { own in own.map { [$0, group.rank] } } }
    }
    for results in made {
      #expect(try results.get() == (0..<5).map { [$0, $0 % count] })
    }
  }

  @Test func `numbers are given to others as they are, whatever they are`() throws {
    let numbers = [
      0.1, 1 / 3, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
      .greatestFiniteMagnitude, 1e-7, 123_456_789.123_456_78,
    ]
    let floats = numbers.map { Float($0) }
    let made = ThreadGroup.run(2) { group in
      Result {
        try group.share([0, 1]) { own in own.map { _ in [numbers, floats.map(Double.init)] } }
      }
    }
    for results in made {
      for lists in try results.get() {
        #expect(lists[0].map(\.bitPattern) == numbers.map(\.bitPattern))
        #expect(lists[1].map(\.bitPattern) == floats.map { Double($0).bitPattern })
      }
    }
  }

  @Test func `the failure of one process is the error of all, with its words`() throws {
    let made = ThreadGroup.run(3) { group in
      Result { () throws -> [Int] in
        try group.share([0, 1, 2]) { own in
          guard own == [0] else { throw FileError.notFound(path: "clip \(own)") }
          return own
        }
      }
    }
    let own = FileError.notFound(path: "clip [1]")
    let expected = ClusterError.share(
      rank: 1, count: 3, lines: own.lines, fault: own.fault, hint: own.hint)
    for result in made {
      #expect(throws: expected) { try result.get() }
    }
    #expect(expected.lines == own.lines + ["in process 1 of 3, counted from 0"])
    #expect(expected.fault == own.fault && expected.hint == own.hint && expected.isOfAll)
  }

  @Test func `what the first process says names no process`() {
    let error = ClusterError.share(
      rank: 0, count: 2, lines: ["a"], fault: .malformedInput, hint: "b")
    #expect(error.lines == ["a"] && error.fault == .malformedInput)
  }

  @Test func `an error without a diagnosis is a defect and names itself`() throws {
    struct Odd: Error {}
    let made = ThreadGroup.run(2) { group in
      Result { () throws -> [Int] in try group.share([1]) { _ in throw Odd() } }
    }
    for result in made {
      let error = #expect(throws: ClusterError.self) { try result.get() }
      #expect(error?.fault == .internalDefect && error?.description.contains("Odd()") == true)
    }
  }

  @Test func `shares of another type are refused by the process that made them`() throws {
    let made = ThreadGroup.run(2) { group in
      Result { () throws -> Int in
        group.rank == 0
          ? try group.together { 1 }.count : try group.together { "one" }.count
      }
    }
    let error = #expect(throws: ClusterError.self) { try made[0].get() }
    #expect(error?.description.hasPrefix("process 1: expected its share of the results") == true)
  }
}
