import Glibc
import Parsers

/// Reads files as the parser of a name does, without sanitizers, one after another: `replay PARSER
/// FILE...` fails where one is refused wrongly or the process once had more than 256 MiB in memory.
@main struct Replay {
  private static let mebibytes = 256

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let parser = Parser.fuzzed.first(where: { $0.name == name })
    else { fatalError("usage: replay PARSER FILE...") }
    for path in arguments.dropFirst() {
      if let problem = parser.problem(at: path) { end("ERROR: \(path): \(problem)") }
    }
    var usage = rusage()
    let this = __rusage_who_t(RUSAGE_SELF.rawValue)
    guard unsafe getrusage(this, &usage) == 0 else { end("ERROR: getrusage") }
    let peak = usage.ru_maxrss >> 10
    print("\(name): \(arguments.count - 1) files, at most \(peak) MiB in memory")
    if peak > mebibytes { end("ERROR: \(name): more than \(mebibytes) MiB in memory") }
  }

  private static func end(_ message: String) -> Never {
    print(message)
    exit(1)
  }
}
