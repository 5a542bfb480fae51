import TestSupport
import Testing

@testable import Finding

@Suite struct DeltaDebuggingTests {
  /// Runs the search over `count` elements of which `needed` must be there; returns the result and
  /// how many tests it took.
  private func minimize(
    _ count: Int, _ needed: Set<Int>, limit: Int = .max,
    unresolved: ([Int]) -> Bool = { _ in false }
  ) throws -> (DeltaDebugging.Result, tests: Int) {
    var tests = 0
    var search = DeltaDebugging(known: [[]: .fails, Array(0..<count): .holds])
    let result = try search.minimize(count: count) { elements in
      guard tests < limit else { return nil }
      tests += 1
      if unresolved(elements) { return .unresolved }
      return needed.isSubset(of: elements) ? .holds : .fails
    }
    return (result, tests)
  }

  @Test func `what is needed is found, and nothing beside`() throws {
    var generator = SeededGenerator(seed: 5)
    for count in 1...20 {
      for size in 1...min(4, count) {
        let needed = Set((0..<count).shuffled(using: &generator).prefix(size))
        let (result, _) = try minimize(count, needed)
        #expect(result.elements == needed.sorted() && result.isMinimal)
      }
    }
  }

  @Test func `needed elements that come first take few tests`() throws {
    let (result, tests) = try minimize(112, [0, 1])
    #expect(result.elements == [0, 1] && tests == 3)
  }

  @Test func `a test that holds with either of two sets ends with one of them, 1-minimal`() throws {
    var search = DeltaDebugging(known: [[]: .fails, Array(0..<8): .holds])
    let result = try search.minimize(count: 8) { elements in
      let set = Set(elements)
      return set.isSuperset(of: [1, 6]) || set.isSuperset(of: [2, 3, 7]) ? .holds : .fails
    }
    #expect([[1, 6], [2, 3, 7]].contains(result.elements) && result.isMinimal)
  }

  @Test func `a search that is cut short keeps what held, and does not call it minimal`() throws {
    let (result, tests) = try minimize(16, [3, 9], limit: 6)
    #expect(tests == 6 && result.elements.contains(3) && result.elements.contains(9))
    #expect(!result.isMinimal && result.without.contains { $0 == nil })
  }

  @Test func `what cannot be judged is kept, and is not called minimal`() throws {
    let (result, _) = try minimize(4, [1], unresolved: { !$0.contains(2) })
    #expect(result.elements == [1, 2] && !result.isMinimal)
    #expect(result.without == [.fails, .unresolved])
  }
}

extension DeltaDebugging.Result {
  /// Whether the test does not hold without any one of the elements: the set is 1-minimal.
  fileprivate var isMinimal: Bool { without.allSatisfy { $0 == .fails } }
}
