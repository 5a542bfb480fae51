import ArgumentParser
import Testing

@testable import CommandSupport

/// What a tool says about a command line that it refused.
@Suite struct CommandLineReviewTests {
  /// A tool with a subcommand that stands for all, one that does not, and one without a default.
  struct Tool: ParsableCommand {
    enum Kind: String, CaseIterable, ExpressibleByArgument { case fp32, fp16, int8 }

    struct Write: ParsableCommand {
      static let configuration = CommandConfiguration(commandName: "write")
      @Argument(help: "The model.") var model: String
      @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
      var output: String
      @Option var precision: Kind = .fp32
      @Option(help: "A folder. With frames in it.") var clip: String?
      @Option(help: "How many there are.") var count = 1
      @Flag var quiet = false
    }

    struct Calibrate: ParsableCommand {
      @Argument var clips: [String]
      @Option var statistics: String?
    }

    static let configuration = CommandConfiguration(
      commandName: "tool", subcommands: [Write.self, Calibrate.self], defaultSubcommand: Write.self)
  }

  struct Trainer: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "trainer", subcommands: [Tool.Write.self, Tool.Calibrate.self])
  }

  private func review(
    _ line: String, of root: any ParsableCommand.Type = Tool.self, _ message: String = ""
  ) throws -> [String]? {
    let outline = try #require(CommandOutline(of: root))
    let review = CommandLineReview(
      of: line.split(separator: " ").map(String.init), for: outline, refusedWith: message)
    return review.map { [$0.problem, $0.hint] }
  }

  @Test(arguments: [
    ("--precison", "did you mean --precision?"), ("--Clip", "did you mean --clip?"),
    ("-clip", "did you mean --clip?"), ("--out", "did you mean --output?"),
    ("--count-all", "did you mean --count?"),
    ("--statistics", "this is an option of tool calibrate"),
    ("--lr", "its options are listed by: tool write --help"),
    ("-x", "its options are listed by: tool write --help"),
  ])
  func `an unknown option comes before all that follows from it`(option: String, hint: String)
    throws
  {
    for line in ["m \(option) 1", "m -o f \(option)=1", "\(option) 1 --quiet m"] {
      #expect(try review(line) == ["unknown option '\(option)'", hint])
    }
  }

  @Test(arguments: [
    ("calibarte a", "did you mean tool calibrate?"),
    ("calib a", "did you mean tool calibrate?"), ("wirte m -o f", "did you mean tool write?"),
    ("make m -o f", "the subcommands are write, calibrate"),
  ])
  func `a misspelled subcommand is one`(line: String, hint: String) throws {
    let word = line.prefix { $0 != " " }
    #expect(try review(line) == ["expected a subcommand, found '\(word)'", hint])
  }

  @Test func `a tool without a default needs a subcommand`() throws {
    #expect(
      try review("-o f m", of: Trainer.self) == [
        "expected a subcommand, found '-o'", "the subcommands are write, calibrate",
      ])
    #expect(
      try review("wriet m -o f", of: Trainer.self) == [
        "expected a subcommand, found 'wriet'", "did you mean trainer write?",
      ])
    #expect(try review("", of: Trainer.self) == nil)
  }

  @Test(arguments: [
    ("FP16", "did you mean --precision fp16?"), ("int4", "did you mean --precision int8?"),
    ("half", "choose one of them; they are explained by: tool write --help"),
  ])
  func `a value that an option does not take is told with those that it does`(
    value: String, hint: String
  ) throws {
    #expect(
      try review("m -o f --precision \(value)") == [
        "--precision: expected fp32, fp16 or int8, found '\(value)'", hint,
      ])
  }

  @Test func `a value that the parser refused is told with what the option is`() throws {
    let message = "The value 'x' is invalid for '--count <count>'"
    #expect(
      try review("m -o f --count x", message) == [message, "--count: how many there are"])
  }

  @Test(arguments: [
    ("m /usr -o f", "/usr", "did you mean --clip /usr?"),
    ("m f", "f", "did you mean --output f?"),
    ("m /usr f", "/usr", "did you mean --clip /usr --output f?"),
    ("m -o f /usr --clip c", "/usr", "its options are listed by: tool write --help"),
    ("write m -o f -- x", "x", "its options are listed by: tool write --help"),
  ])
  func `an argument too many is one whose option was forgotten`(
    line: String, word: String, hint: String
  ) throws {
    // The first word has to be there, or else it is taken for a subcommand.
    let line = line.hasPrefix("m ") ? "/etc" + line.dropFirst() : line
    #expect(try review(line) == ["expected an option before '\(word)', found none", hint])
  }

  @Test func `what is missing is told together, with what the first of it is`() throws {
    #expect(
      try review("write --quiet") == [
        "expected <model> and --output FILE, found none", "add <model>: the model",
      ])
    #expect(
      try review("/etc --clip c") == [
        "expected --output FILE, found none", "add --output FILE: the file to write",
      ])
  }

  @Test(arguments: [
    "", "/etc -o f", "write m -o f --count -1", "write m -o f --count -1ms",
    "calibrate a b c", "/etc -o",
  ])
  func `nothing is found where nothing is wrong, or the parser says it best`(line: String) throws {
    #expect(try review(line) == nil)
  }
}
