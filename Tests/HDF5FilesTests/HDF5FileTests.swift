import Files
import HDF5Files
import Safetensors
import Tensors
import TestSupport
import Testing

struct HDF5FileTests {
  @Test(arguments: ["types", "layouts", "links"])
  func `every type, byte order and layout is read as numpy has it`(name: String) throws {
    let archive = try HDF5File.read(Fixture.path("\(name).h5"))
    let truth = try SafetensorsFile.read(Fixture.path("\(name).safetensors"))
    #expect(Set(archive.entries.map(\.name)) == Set(truth.entries.map(\.name)))
    for entry in truth.entries {
      let tensor = try #require(try archive[entry.name]?.tensor())
      #expect(try tensor.isBitIdentical(to: entry.tensor()), "\(entry.name)")
    }
  }

  @Test func `flat names and groups come in the order of their bytes, with dots`() throws {
    let flat = try HDF5File.read(Fixture.path("flat.h5"))
    #expect(flat.entries.map(\.name) == ["a.bn.weight", "b.conv10.weight", "b.conv2.weight"])
    let grouped = try HDF5File.read(Fixture.path("grouped.h5"))
    #expect(
      grouped.entries.map(\.name)
        == ["a.bn.weight", "b.conv10.weight", "b.conv2.weight", "b.shared"])
    for entry in flat.entries + grouped.entries {
      #expect(try entry.tensor().floats() == FloatTensor(shape: [4], values: [0, 1, 2, 3]))
    }
  }

  @Test func `a missing file is reported as missing`() {
    #expect(throws: FileError.notFound(path: "nowhere.h5")) { try HDF5File.read("nowhere.h5") }
  }

  @Test(arguments: [
    [], Array("PK\u{3}\u{4}".utf8), [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A],
    [UInt8](repeating: 0, count: 4096),
  ])
  func `other files are not taken for HDF5`(bytes: [UInt8]) throws {
    try Fixture.withScratchFile { write in
      let path = try write(bytes)
      #expect(throws: HDF5Error.notHDF5(path: path)) { try HDF5File.read(path) }
    }
  }

  @Test(arguments: [0, 512, 1024, 2048])
  func `the signature is found behind a user's block`(offset: Int) {
    let signature = Array("\u{89}HDF\r\n\u{1A}\n".unicodeScalars.map { UInt8($0.value) })
    let bytes = [UInt8](repeating: 0, count: offset) + signature
    #expect(unsafe HDF5File.recognizes(bytes.span.bytes))
    #expect(unsafe !HDF5File.recognizes(bytes.span.bytes.extracting(droppingLast: 1)))
  }

  @Test(arguments: ["flat.h5", "layouts.h5"])
  func `a file that is replaced while it is read stays what it was`(name: String) throws {
    try Fixture.withScratchFile { write in
      let path = try write(try Fixture.bytes(name))
      let archive = try HDF5File.read(path)
      try AtomicFile.write(try Fixture.bytes("types.h5"), to: path)
      for (entry, truth) in zip(
        archive.entries, try HDF5File.read(Fixture.path(name)).entries)
      {
        #expect(try entry.tensor().isBitIdentical(to: truth.tensor()))
      }
    }
  }

  @Test func `tensors are read from many tasks at once`() async throws {
    let archive = try HDF5File.read(Fixture.path("layouts.h5"))
    let entries = archive.entries + archive.entries
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for entry in entries {
        group.addTask { try entry.tensor().floats().values == (0..<35).map(Float.init) }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
