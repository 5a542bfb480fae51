/// The command line.
struct Settings {
  /// The path of `stm-convert`.
  let tool: String
  /// The folder of exports.
  let exports: String
  /// The Python interpreter to compare with, if any.
  let python: String?
  /// How often each command runs.
  let runs: Int

  /// The script that does in Python what the tool does.
  var script: String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/") + "/baseline.py"
  }

  /// Parses pairs of options and values. Throws ``Failure``.
  init(_ arguments: some Sequence<String>) throws {
    var values: [String: String] = [:]
    var option: String?
    for argument in arguments {
      if let name = option {
        values[name] = argument
        option = nil
      } else {
        option = argument
      }
    }
    let known: Set = ["--tool", "--exports", "--python", "--runs"]
    guard option == nil, known.isSuperset(of: values.keys), let tool = values["--tool"],
      let exports = values["--exports"], let runs = Int(values["--runs"] ?? "7"), runs > 0
    else {
      throw Failure(
        description: "expected --tool PATH --exports FOLDER [--python PATH] [--runs N]")
    }
    self.tool = tool
    self.exports = exports
    self.runs = runs
    python = values["--python"]
  }
}
