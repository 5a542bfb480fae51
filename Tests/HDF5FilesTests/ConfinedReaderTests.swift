import Files
import Foundation
import Isolation
import Tensors
import TestSupport
import Testing

@testable import HDF5Files

/// Files that libhdf5 reads in a process of its own: the probe's, which reads as the tools do.
struct ConfinedReaderTests {
  private static let probe = ChildProgram(
    executable: Bundle.main.bundleURL.appending(path: "stm-sandbox-probe").path)
  private static let reader = HDF5Reader.confined(probe)

  private static func bytes(of path: String) throws -> TensorBytes {
    let file = try FileBytes(path: path)
    return TensorBytes(of: file, in: 0..<file.count)
  }

  /// What comes of reading: names and elements, or the error.
  private func outcome(of path: String, by reader: HDF5Reader) -> String {
    do {
      let contents = try HDF5File.contents(path, by: reader)
      let tensors = try contents.archive.entries.map { entry in
        let bytes = try entry.tensor().bytes.withBytes { bytes in
          unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        return "\(entry.name) \(entry.elementType) \(entry.shape) \(bytes)"
      }
      return "\(tensors) \(contents.paths) \(contents.attributes.sorted { $0.key < $1.key })"
    } catch { return "\(error)" }
  }

  @Test(arguments: ["attributes", "flat", "grouped", "layouts", "links", "types"])
  func `a confined process reads what the library reads here`(name: String) throws {
    let path = Fixture.path("\(name).h5")
    let here = try HDF5File.contents(path)
    let there = try HDF5File.contents(path, by: Self.reader)
    #expect(there.paths == here.paths)
    #expect(there.attributes == here.attributes)
    #expect(there.archive.entries.map(\.name) == here.archive.entries.map(\.name))
    for (one, other) in zip(there.archive.entries, here.archive.entries) {
      #expect(try one.tensor().isBitIdentical(to: other.tensor()), "\(one.name)")
    }
  }

  @Test(arguments: ["attributes", "flat", "grouped", "layouts", "links", "types"], [2, 3])
  func `several confined processes read what one reads`(name: String, processes: Int) throws {
    let path = Fixture.path("\(name).h5")
    let here = try HDF5File.contents(path)
    let source = HDF5Source(path: path, bytes: try Self.bytes(of: path))
    let there = try HDF5Child.contents(
      of: source, limits: .standard, by: Self.probe, processes: processes)
    #expect(there.paths == here.paths)
    #expect(there.attributes == here.attributes)
    for (one, other) in zip(there.archive.entries, here.archive.entries) {
      #expect(try one.tensor().isBitIdentical(to: other.tensor()), "\(one.name)")
    }
  }

  @Test func `several confined processes refuse as one does`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array(repeating: 0, count: 100), to: "damaged.h5")
      let source = HDF5Source(path: path, bytes: try Self.bytes(of: path))
      func refusal(_ processes: Int) -> String? {
        do {
          _ = try HDF5Child.contents(
            of: source, limits: .standard, by: Self.probe, processes: processes)
          return nil
        } catch { return "\(error)" }
      }
      #expect(refusal(1) != nil && refusal(3) == refusal(1))
    }
  }

  @Test func `a confined process reads a part of a file and an image in memory`() throws {
    let bytes = try Fixture.bytes("layouts.h5")
    try Fixture.withScratchFile { write in
      let file = try FileBytes(path: try write([1, 2, 3] + bytes + [4]))
      for image in [TensorBytes(of: file, in: 3..<3 + bytes.count), TensorBytes(bytes)] {
        let entries = try HDF5File.contents(of: image, path: "image", by: Self.reader).archive
          .entries
        let truth = try HDF5File.read(Fixture.path("layouts.h5")).entries
        #expect(entries.map(\.name) == truth.map(\.name))
        for (one, other) in zip(entries, truth) {
          #expect(try one.tensor().isBitIdentical(to: other.tensor()), "\(one.name)")
        }
      }
    }
  }

  @Test func `a confined process refuses as the library does here`() throws {
    let folder = Fixture.path("refused")
    for name in try Folder.names(at: folder) where name != "wrong-checksum.h5" {
      let path = "\(folder)/\(name)"
      let refusal = outcome(of: path, by: Self.reader)
      #expect(refusal == outcome(of: path, by: .inProcess))
      #expect(refusal.hasPrefix("\(path): "), "\(refusal)")
    }
  }

  @Test func `a wrong checksum is found before any tensor is asked for`() throws {
    let error = try #require(throws: HDF5Error.self) {
      try HDF5File.contents(Fixture.path("refused/wrong-checksum.h5"), by: Self.reader)
    }
    #expect("\(error)".contains("data error detected by Fletcher32 checksum"))
  }

  @Test func `limits hold in a confined process too`() throws {
    var limits = ReadingLimits()
    limits.tensors = 2
    let error = try #require(throws: HDF5Error.self) {
      try HDF5File.contents(Fixture.path("flat.h5"), by: Self.reader, limits: limits)
    }
    guard case .beyondLimit(.beyondLimit(_, _, limit: .tensors, allowed: 2, found: 3)) = error
    else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func `a process that answers nothing is an error that names the file`() throws {
    for program in ["/bin/true", "/bin/false"] {
      let error = try #require(throws: IsolationError.self) {
        try HDF5File.contents(
          Fixture.path("flat.h5"), by: .confined(ChildProgram(executable: program)))
      }
      #expect("\(error)".contains("flat.h5: libhdf5 failed on it: the process that read it"))
    }
  }

  /// A process of its own reads a file in some 20 ms: many share one until a file ends it.
  @Test(arguments: 0..<4)
  func `of 10,000 damaged files each is read or refused by name, or ends a confined process alone`(
    part: Int
  ) throws {
    let seeds = try ["grouped.h5", "links.h5", "flat.h5", "refused/enumeration.h5"].map {
      try Fixture.bytes($0)
    }
    let all = Array(Mutations(of: seeds, count: 10_000, seed: 5))
    var rest = all[all.count * part / 4..<all.count * (part + 1) / 4]
    var deadly: [Mutations.Mutation] = []
    while !rest.isEmpty {
      let batch = rest.prefix(500)
      let (answers, ending) = try answers(to: batch.map(\.bytes))
      for (mutation, answer) in zip(batch, answers) where !answer.isEmpty {
        #expect(answer.hasPrefix("hostile.h5: "), "\(mutation.name): \(answer)")
      }
      rest = rest.dropFirst(answers.count)
      guard answers.count < batch.count else { continue }
      #expect(ending != .exited(0) && ending != .late)
      if let mutation = rest.popFirst() { deadly.append(mutation) }
    }
    for mutation in deadly.prefix(25) { try expectRefusal(of: mutation) }
  }

  @Test func `of damaged files each is read or refused by name in a process of its own`() throws {
    let seeds = [try Fixture.bytes("links.h5")]
    for (index, mutation) in Mutations(of: seeds, count: 10_000, seed: 6).enumerated()
    where index.isMultiple(of: 97) {
      try expectRefusal(of: mutation)
    }
  }

  /// Expects that a file is read, or refused as malformed with its name.
  private func expectRefusal(of mutation: Mutations.Mutation) throws {
    do {
      _ = try HDF5File.contents(
        of: TensorBytes(mutation.bytes), path: "hostile.h5", by: Self.reader)
    } catch let error as any DiagnosticError {
      #expect(
        error.fault == .malformedInput && error.description.hasPrefix("hostile.h5: "),
        "\(mutation.name): \(error)")
    }
  }

  /// What a confined process says of each of the `images`, as far as it came, and how it ended.
  private func answers(
    to images: [[UInt8]]
  ) throws -> (answers: [String], ending: ChildProgram.Ending) {
    let input = try MemoryFile(for: "images")
    for image in images {
      let size = unsafe withUnsafeBytes(of: image.count) { unsafe Array($0) }
      try unsafe input.append((size + image).span.bytes)
    }
    let output = try MemoryFile(for: "answers")
    let ending = try Self.probe.run(
      ["readImages"], descriptors: [input.descriptor, output.descriptor], byteLimit: 0,
      seconds: 300, reading: "images"
    ).ending
    let text = try output.sealed().withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
    return (
      text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init),
      ending
    )
  }
}
