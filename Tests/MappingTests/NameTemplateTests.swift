import Testing

@testable import Mapping

@Suite struct NameTemplateTests {
  @Test(
    arguments: [
      ("a", [], "a"),
      ("a.$1", ["b"], "a.b"),
      ("$2$1", ["x", "y"], "yx"),
      ("r$(1-1).$2", ["3", "w"], "r2.w"),
      ("r$(1-1)", ["1"], "r0"),
      ("$(1-100)", ["164"], "64"),
      ("$12", ["a"], "a2"),
      ("$1", [""], ""),
    ] as [(String, [String], String)])
  func `captures are filled in`(template: String, captures: [String], name: String) throws {
    #expect(try NameTemplate(template).filled(with: captures) == name)
  }

  @Test(arguments: [
    ("$2", ["a"]), ("$(1-1)", ["a"]), ("$(1-1)", ["0"]), ("$(1-1)", [""]),
    ("$(1-1)", ["99999999999999999999"]),
  ])
  func `what cannot be filled in is nil`(template: String, captures: [String]) throws {
    #expect(try NameTemplate(template).filled(with: captures) == nil)
  }

  @Test(arguments: ["$", "a$", "$0", "$x", "$(1)", "$(1-)", "$(0-1)", "$(1-1", "$$1"])
  func `a dollar without a capture is refused`(template: String) {
    #expect(throws: MappingError.template(template)) { try NameTemplate(template) }
  }

  @Test func `a template knows its largest capture`() throws {
    #expect(try NameTemplate("a").captureCount == 0)
    #expect(try NameTemplate("$3.$(1-1)").captureCount == 3)
  }
}
