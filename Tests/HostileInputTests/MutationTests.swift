import TestSupport
import Testing

struct MutationTests {
  /// libhdf5 may do anything with damaged files: it is tried in a process of its own.
  static let parsers = Parser.fuzzed.filter { $0.name != "hdf5" } + Parser.others

  @Test(arguments: parsers)
  func `whole files are read`(parser: Parser) throws {
    try ScratchFolder.with { folder in
      try folder.write(Parser.neighbour.bytes, to: Parser.neighbour.name)
      for seed in parser.seeds {
        let path = try folder.write(try Parser.bytes(ofTest: seed), to: parser.fileName)
        try parser.read(path)
      }
    }
  }

  @Test(arguments: parsers)
  func `of 10,000 damaged files each is read or refused by name and reason`(
    parser: Parser
  ) throws {
    let count = 10_000
    let mutations = Mutations(of: try parser.seeds.map(Parser.bytes(ofTest:)), count: count)
    let start = ProcessorTime.now
    var tried = 0
    try ScratchFolder.with { folder in
      try folder.write(Parser.neighbour.bytes, to: Parser.neighbour.name)
      for mutation in mutations {
        var bytes = mutation.bytes
        if !tried.isMultiple(of: 4) {
          unsafe bytes.withUnsafeMutableBufferPointer { unsafe parser.repairChecksums(in: $0) }
        }
        let path = try folder.write(bytes, to: parser.fileName)
        if let problem = parser.problem(at: path) { Issue.record("\(mutation.name): \(problem)") }
        tried += 1
        if ProcessorTime.now - start > .seconds(60) { break }
      }
    }
    #expect(tried == count, "the time was over after \(tried) files")
  }

  @Test(arguments: parsers)
  func `past findings are read or refused by name and reason`(parser: Parser) throws {
    try ScratchFolder.with { folder in
      try folder.write(Parser.neighbour.bytes, to: Parser.neighbour.name)
      for finding in try parser.findings {
        let path = try folder.write(try Parser.bytes(ofTest: finding), to: parser.fileName)
        #expect(parser.problem(at: path) == nil, "\(finding)")
      }
    }
  }
}
