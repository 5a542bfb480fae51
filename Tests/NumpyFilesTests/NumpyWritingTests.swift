import Files
import Foundation
import NumpyFiles
import Tensors
import TestSupport
import Testing
import ZipFiles

/// Archives are read again, and their members held against what NumPy wrote.
@Suite struct NumpyWritingTests {
  private static let written = [
    "b1-little", "i1-little", "i2-little", "i4-little", "i8-little", "u1-little", "u2-little",
    "u4-little", "u8-little", "f2-little", "f4-little", "f8-little", "scalar", "vector", "nothing",
  ]

  @Test func `every member is, byte for byte, the array that NumPy wrote`() throws {
    let entries = try Self.written.map { name in
      try #require(NumpyFile.read(Fixture.path("\(name).npy")).entries.first).renamed("a/\(name)")
    }
    try withArray([]) { path in
      try NumpyFile.write(try TensorArchive(entries), to: path)
      let archive = try ZipArchive(try FileBytes(path: path))
      #expect(archive.members.map(\.name) == Self.written.map { "a/\($0).npy" })
      for (member, name) in zip(archive.members, Self.written) {
        #expect(try archive.contents(of: member) == (try Fixture.bytes("\(name).npy")), "\(name)")
      }
      let read = try NumpyFile.read(path)
      for entry in entries {
        let found = try #require(try read[entry.name]?.tensor())
        #expect(found.isBitIdentical(to: try entry.tensor()), "\(entry.name)")
      }
    }
  }

  @Test func `what is column-major or big-endian is written row-major and little-endian`() throws {
    let entry = try #require(
      NumpyFile.read(Fixture.path("fortran-big.npy")).entries.first)
    try withArray([]) { path in
      try NumpyFile.write(try TensorArchive([entry]), to: path)
      let archive = try ZipArchive(try FileBytes(path: path))
      let member = try archive.contents(of: archive.members[0])
      #expect(Array(member.suffix(96)) == (try Fixture.bytes("fortran-big.raw")))
    }
  }

  @Test func `the same arrays give the same bytes`() throws {
    let archive = try NumpyFile.read(Fixture.path("stored.npz"))
    try withArray([]) { path in
      try NumpyFile.write(archive, to: path)
      let first = try Data(contentsOf: URL(filePath: path))
      try NumpyFile.write(try NumpyFile.read(Fixture.path("stored.npz")), to: path)
      let second = try Data(contentsOf: URL(filePath: path))
      #expect(second == first)
    }
  }

  @Test func `an element type that NumPy does not have is refused, and the old file stays`() throws
  {
    let tensor = try Tensor(
      elementType: .bfloat16, shape: [1], bytes: TensorBytes([0, 0]))
    try withArray([1, 2, 3]) { path in
      let error = NumpyError.unwritable(path: path, array: "w", found: "BF16")
      #expect(throws: error) {
        try NumpyFile.write(try TensorArchive([.init(name: "w", tensor: tensor)]), to: path)
      }
      #expect(error.fault == .cannotCreateOutput)
      let kept = try Data(contentsOf: URL(filePath: path))
      #expect(kept == Data([1, 2, 3]))
    }
  }
}
