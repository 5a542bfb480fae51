public import Verification

/// What became of the ONNX project's tests, as text, as a Markdown table and as JSON
/// (`Schemas/conformance-report.schema.json`).
public struct ConformanceReport: JSONReport {
  struct Count: Encodable {
    var passed = 0
    var failed = 0
    var corrected = 0
    var unsupported = 0

    mutating func include(_ outcome: Conformance.Outcome) {
      switch outcome {
      case .passed: passed += 1
      case .failed: failed += 1
      case .corrected: corrected += 1
      case .unsupported: unsupported += 1
      }
    }
  }

  struct Test: Encodable {
    let suite: String
    let name: String
    let operators: [String]
    let outcome: String
    let reason: OrNull<String>
  }

  let verdict: Verdict
  let suites: [String: Count]
  let operators: [String: Count]
  let tests: [Test]

  /// A report of `result`.
  public init(_ result: Conformance) {
    var suites: [String: Count] = [:]
    var operators: [String: Count] = [:]
    for test in result.cases {
      suites[test.suite, default: Count()].include(test.outcome)
      for type in test.operators { operators[type, default: Count()].include(test.outcome) }
    }
    self.suites = suites
    self.operators = operators
    verdict = Verdict(result.passes)
    tests = result.cases.map { test in
      let (outcome, reason): (String, String?) =
        switch test.outcome {
        case .passed: ("passed", nil)
        case .failed(let reason): ("failed", reason)
        case .corrected(let reason): ("corrected", reason)
        case .unsupported(let reason): ("unsupported", reason)
        }
      return Test(
        suite: test.suite, name: test.name, operators: test.operators, outcome: outcome,
        reason: OrNull(reason))
    }
  }

  /// The report for a terminal: suites, operators with at least one test that could run, and
  /// every failure with its reason.
  public var text: String {
    var lines = [
      "suites:", "", Table(titles: Self.titles("suite"), textColumns: 1, rows: suiteRows).text,
      "operators, by the tests whose graphs hold them:", "",
      Table(titles: Self.titles("operator"), textColumns: 1, rows: operatorRows).text,
    ]
    for test in tests where ["failed", "corrected"].contains(test.outcome) {
      lines.append("\(test.outcome): \(test.suite)/\(test.name): \(test.reason.value ?? "")")
    }
    lines.append("verdict: \(verdict.rawValue)")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same tables in Markdown, for documentation.
  public var markdown: String {
    func table(_ name: String, _ rows: [[String]]) -> [String] {
      let titles = Self.titles(name)
      return [
        "| \(titles.joined(separator: " | ")) |",
        "|---" + String(repeating: "|--:", count: titles.count - 1) + "|",
      ] + rows.map { "| \($0.joined(separator: " | ")) |" }
    }
    let lines =
      [
        "# The operators of ONNX that run", "",
        "What the interpreter of ONNX graphs makes of the tests of the Python package `onnx`, in",
        "plain loops. `make conformance` writes this page. A test is not supported where its graph",
        "holds an operator, an option or an element type that the suite does not have; it is then",
        "refused by name. Corrected are tests whose stored outputs contradict the operator's text;",
        "later versions of the package store other ones, which the suite gives.", "", "## Suites",
        "",
      ] + table("suite", suiteRows)
      + ["", "## Operators, by the tests whose graphs hold them", ""]
      + table("operator", operatorRows)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func titles(_ name: String) -> [String] {
    [name, "passed", "failed", "corrected", "not supported"]
  }

  private var suiteRows: [[String]] {
    Conformance.suites.compactMap { name in suites[name].map { Self.row(name, $0) } }
  }

  private var operatorRows: [[String]] {
    operators.sorted { $0.key < $1.key }
      .filter { $0.value.passed + $0.value.failed + $0.value.corrected > 0 }
      .map { Self.row($0.key, $0.value) }
  }

  private static func row(_ name: String, _ count: Count) -> [String] {
    [name] + [count.passed, count.failed, count.corrected, count.unsupported].map(String.init)
  }
}
