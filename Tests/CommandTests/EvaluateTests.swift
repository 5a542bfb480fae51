import Foundation
import Testing

@Suite struct EvaluateTests {
  let folder: Workspace

  init() throws {
    folder = try Workspace()
    for name in ["cat", "dog"] {
      try folder.writeMasks(
        [[1, 1, 0, 2], [1, 1, 0, 2], [1, 1, 0, 2], [1, 0, 0, 2]], to: "truth/\(name)")
      try folder.writeMasks(
        [[0, 0, 0, 0], [1, 1, 0, 2], [1, 0, 0, 0], [0, 0, 0, 0]], to: "results/\(name)")
    }
  }

  @Test func `the table has a row for each object, sequence and the set`() async throws {
    let run = try await folder.succeed(.evaluate, "results", "truth", "--sequences", "cat")
    #expect(
      run.output == """
        sequence   object    frames    J&F J mean J recall J decay F mean F recall F decay
        ---------- --------- ------ ------ ------ -------- ------- ------ -------- -------
        cat        1              2 0.8750 0.7500   0.5000  0.5000 1.0000   1.0000  0.0000
        cat        2              2 0.5000 0.5000   0.5000  1.0000 0.5000   0.5000  1.0000
        cat        mean           2 0.6875 0.6250   0.5000  0.7500 0.7500   0.7500  0.5000
        1 sequence 2 objects        0.6875 0.6250   0.5000  0.7500 0.7500   0.7500  0.5000
        protocol: davis-2017

        """)
  }

  @Test func `every score is in the CSV and in the report`() async throws {
    let json = try await folder.succeed(
      .evaluate, "results", "truth", "--csv", "a.csv", "--report", "a.json", "--json"
    ).output
    #expect(String(decoding: try folder.bytes("a.json"), as: UTF8.self) == json)
    let lines = String(decoding: try folder.bytes("a.csv"), as: UTF8.self).split(separator: "\n")
    #expect(
      lines[0]
        == "scope,sequence,object,category,frame,frames,jf,j,j_recall,j_decay,f,f_recall,f_decay"
    )
    #expect(lines.count == 16)
    #expect(lines[2] == "frame,cat,1,,00002,1,0.75,0.5,,,1,,")
    #expect(lines[3] == "object,cat,1,,,2,0.875,0.75,0.5,0.5,1,1,0")
    #expect(lines.last == "set,,,,,,0.6875,0.625,0.5,0.75,0.75,0.75,0.5")
  }

  @Test func `output is the same whatever the number of threads`() async throws {
    let one = try await folder.succeed(.evaluate, "results", "truth", "--json", "--threads", "1")
    let many = try await folder.succeed(.evaluate, "results", "truth", "--json", "--threads", "7")
    #expect(one.output == many.output)
  }

  @Test func `sequences are chosen by names or by a list`() async throws {
    try folder.write(Data("dog\n".utf8), as: "val.txt")
    for list in ["dog", "val.txt"] {
      let run = try await folder.succeed(
        .evaluate, "results", "truth", "--sequences", list, "--json")
      let sequences = try run.json["sequences"] as? [[String: Any]]
      #expect(sequences?.map { $0["name"] as? String } == ["dog"])
    }
  }

  @Test func `everything that is wrong with the masks is told at once, and nothing is written`()
    async throws
  {
    try FileManager.default.removeItem(atPath: folder["results/cat/00001.png"])
    try folder.writeMasks([[1], [1], [1], [1]], to: "results/dog")
    let errors = try await folder.refuse(
      .evaluate, "results", "truth", "--sequences", "cat,dog,pig", "--csv", "a.csv", code: 65,
      naming: [
        "masks: 4 problems", "results/cat/00001.png: expected a mask, found none",
        "results/dog/00001.png: expected a mask of 4x1 pixels as the ground truth, found 1x1",
        "truth: sequence 'pig'",
      ])
    #expect(errors.contains("results/dog/00002.png"))
  }

  @Test func `missing masks, sequences and folders have their own exit code`() async throws {
    try await folder.refuse(
      .evaluate, "results", "truth", "--sequences", "pig", code: 66, naming: ["'pig'"])
    try await folder.refuse(
      .evaluate, "results", "nothing", code: 66, naming: ["nothing: no such file or folder"])
  }

  @Test func `a list of sequences is a file or names, and a folder is neither`() async throws {
    try FileManager.default.createDirectory(
      atPath: folder["dog"], withIntermediateDirectories: true)
    let run = try await folder.succeed(
      .evaluate, "results", "truth", "--sequences", "dog", "--json")
    #expect((try run.json["sequences"] as? [Any])?.count == 1)
    try await folder.refuse(
      .evaluate, "results", "truth", "--sequences", "lists/val.txt", code: 64,
      naming: ["--sequences: expected a file", "or names", "found 'lists/val.txt'"])
  }

  @Test func `void pixels of the truth are background unless they are left out`() async throws {
    let truth: [[UInt8]] = [[1, 0, 0], [1, 255, 0], [1, 255, 0], [1, 0, 0]]
    try folder.writeMasks(truth, to: "undecided")
    try folder.writeMasks(truth.map { _ in [1, 1, 0] }, to: "guess")
    for (flags, region) in [([], 0.5), (["--ignore-void"], 1)] as [([String], Double)] {
      let run = try await Tool.evaluate.run(
        ["guess", "undecided", "--json"] + flags, in: folder.path)
      let summary = try run.json["summary"] as? [String: Any]
      #expect((summary?["region"] as? [String: Any])?["mean"] as? Double == region)
    }
    try await folder.refuse(
      .evaluate, "guess", "undecided", "--protocol", "davis-2016", "--ignore-void", code: 64,
      naming: ["--ignore-void", "davis-2017", "davis-2016"])
  }

  @Test func `outputs that cannot be written are found before the work`() async throws {
    try await folder.refuse(
      .evaluate, "results", "truth", "--csv", "no/a.csv", code: 73, naming: ["no/a.csv"])
  }

  @Test func `options that do not go with the protocol are refused`() async throws {
    try await folder.refuse(
      .evaluate, "results", "truth", "--meta", "meta.json", code: 64,
      naming: ["--meta", "youtube-vos"])
    try await folder.refuse(
      .evaluate, "results", "truth", "--protocol", "youtube-vos", "--last", code: 64,
      naming: ["--last"])
    try await folder.refuse(
      .evaluate, "results", "truth", "--protocol", "youtube-vos", "--seen", "seen.txt", code: 64,
      naming: ["--seen", "--meta"])
    try await folder.refuse(
      .evaluate, "results", "truth", "--sequences", "cat,cat", code: 64, naming: ["'cat' twice"])
    try await folder.refuse(
      .evaluate, "results", "truth", "--threads", "0", code: 64, naming: ["--threads"])
  }
}
