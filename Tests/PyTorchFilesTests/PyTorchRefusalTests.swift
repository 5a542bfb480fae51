import Files
import PyTorchFiles
import Tensors
import TestSupport
import Testing
import ZipFiles

struct PyTorchRefusalTests {
  @Test(arguments: [
    ("module.pth", "__main__.Net"), ("module-legacy.pth", "__main__.Net"),
    ("wrapped-module.pth", "torch.nn.parallel.data_parallel.DataParallel"),
  ])
  func `a whole module is refused by its class, with what to save instead`(
    name: String, module: String
  ) throws {
    let path = Fixture.path(name)
    let error = try #require(throws: PyTorchError.wholeModule(path: path, name: module)) {
      try PyTorchFile.read(path)
    }
    #expect(error.hint.contains("torch.save(model.state_dict(), path)"))
  }

  @Test func `an object of another class is refused by its name`() {
    let path = Fixture.path("custom.pth")
    #expect(throws: PyTorchError.constructor(path: path, name: "__main__.Custom")) {
      try PyTorchFile.read(path)
    }
  }

  @Test func `TorchScript is refused by name`() {
    let path = Fixture.path("script.pt")
    #expect(throws: PyTorchError.unsupported(path: path, found: "an archive of TorchScript")) {
      try PyTorchFile.read(path)
    }
  }

  @Test(arguments: ["storages", "tensors", "pickle", "sys_info"])
  func `the oldest form is refused by name`(member: String) throws {
    var tar = [UInt8](repeating: 0, count: 1024)
    tar.replaceSubrange(0..<member.utf8.count, with: member.utf8)
    tar.replaceSubrange(257..<262, with: "ustar".utf8)
    try Fixture.withScratchFile { write in
      let path = try write(tar)
      #expect(PyTorchFile.recognizes(try FileBytes(path: path)))
      #expect(
        throws: PyTorchError.unsupported(
          path: path, found: "the tar archive of PyTorch before 0.1.10")
      ) { try PyTorchFile.read(path) }
    }
  }

  @Test func `another format is refused`() throws {
    for bytes in [[], Array("hello".utf8), [0x80, 2, 0x7D, 0x2E]] as [[UInt8]] {
      try Fixture.withScratchFile { write in
        let path = try write(bytes)
        #expect(!PyTorchFile.recognizes(try FileBytes(path: path)))
        #expect(throws: PyTorchError.unknownFormat(path: path)) { try PyTorchFile.read(path) }
      }
    }
    let path = Fixture.path("types.safetensors")
    #expect(throws: PyTorchError.unknownFormat(path: path)) { try PyTorchFile.read(path) }
  }

  @Test func `a damaged element is refused by the archive's checksum`() throws {
    try Fixture.withScratchFile { write in
      var bytes = try Fixture.bytes("plain.pth")
      let archive = try ZipArchive(try FileBytes(path: Fixture.path("plain.pth")))
      let member = try #require(archive.members.first { $0.name.hasSuffix("data/0") })
      let range = try #require(try archive.storedRange(of: member))
      bytes[range.lowerBound] ^= 1
      let entry = try #require(try PyTorchFile.read(try write(bytes))["base"])
      for _ in 0..<2 { #expect(throws: ZipError.self) { try entry.tensor() } }
    }
  }

  @Test func `a byte order of another name is refused`() throws {
    try Fixture.withScratchFile { write in
      var bytes = try Fixture.bytes("big.pth")
      let archive = try ZipArchive(try FileBytes(path: Fixture.path("big.pth")))
      let member = try #require(archive.members.first { $0.name.hasSuffix("byteorder") })
      bytes[try #require(try archive.storedRange(of: member)).lowerBound] = UInt8(ascii: "p")
      let path = try write(bytes)
      #expect(
        throws: PyTorchError.malformed(
          path: path, reason: "member 'byteorder': expected little or big, found something else")
      ) { try PyTorchFile.read(path) }
    }
  }

  @Test func `a stream of another version is refused`() throws {
    var bytes = Pickled.stream([0x7D, 0x2E])
    bytes[18] += 1
    try expectRefusal(bytes) {
      .unsupported(path: $0, found: "a stream of a version other than 1001")
    }
  }

  @Test(
    arguments: [
      ([0x7D, 0x2E], "expected a list of the storages' keys, found none"),
      (
        [0x5D] + Pickled.text("other") + [0x61, 0x2E],
        "expected the key of a storage of the object once, found another"
      ),
      (
        [0x5D] + Pickled.text("0") + [0x61] + Pickled.text("0") + [0x61, 0x2E],
        "expected the key of a storage of the object once, found another"
      ),
    ] as [([UInt8], String)])
  func `keys that are not those of the storages are refused`(
    keys: [UInt8], reason: String
  ) throws {
    let bytes = Pickled.stream(Pickled.tensor() + [0x2E], keys: keys)
    try expectRefusal(bytes) { .malformed(path: $0, reason: reason) }
  }

  @Test(arguments: [5, 1 << 62, UInt64.max])
  func `a storage past the end of the file is refused`(count: UInt64) throws {
    let storages = Pickled.little(count) + [UInt8](repeating: 0, count: 16)
    let bytes = Pickled.stream(Pickled.tensor() + [0x2E], storages: storages)
    let start = bytes.count - 16
    try expectRefusal(bytes) {
      .malformed(
        path: $0,
        reason: "storage '0': expected \(count) elements of 4 bytes from byte \(start), found the "
          + "end of the file at \(bytes.count)")
    }
  }

  @Test func `bytes after the last storage are refused`() throws {
    let bytes = Pickled.stream(Pickled.tensor() + [0x2E]) + [0]
    try expectRefusal(bytes) {
      .malformed(
        path: $0,
        reason: "expected the end after the storages at byte \(bytes.count - 1), found "
          + "\(bytes.count)")
    }
  }

  @Test func `a storage of two widths is refused`() throws {
    let object =
      Pickled.storage() + Pickled.storage(kind: "DoubleStorage") + [0x30, 0x2E]
    try expectRefusal(Pickled.stream(object)) {
      .malformed(
        path: $0, reason: "storage '0': expected elements of 4 bytes everywhere, found 8")
    }
  }

  @Test(
    arguments: [
      ([5], [1], 0), ([4], [1], 1), ([2, 2], [3, 1], 0), ([4], [2], 0), ([2], [.max], 0),
      ([1], [1], .max), ([3, 3], [.max, .max], 1),
    ] as [([Int], [Int], Int)])
  func `a tensor outside its storage is refused`(
    sizes: [Int], strides: [Int], offset: Int
  ) throws {
    try expectRefusal(tensor: Pickled.tensor(offset: offset, sizes: sizes, strides: strides)) {
      "expected elements inside the 4 of the storage '0', found sizes \(sizes), strides "
        + "\(strides) and offset \(offset)"
    }
  }

  @Test(
    arguments: [
      ([4], [-1], 3), ([4], [1], -1), ([-1], [1], 0), ([4], [], 0),
      ([1 << 32, 1 << 32], [0, 0], 0),
    ] as [([Int], [Int], Int)])
  func `impossible sizes, strides and offsets are refused`(
    sizes: [Int], strides: [Int], offset: Int
  ) throws {
    try expectRefusal(tensor: Pickled.tensor(offset: offset, sizes: sizes, strides: strides)) {
      "expected sizes whose product fits in memory, each with a stride of at least 0, found sizes "
        + "\(sizes), strides \(strides) and offset \(offset)"
    }
  }

  @Test func `a storage of another size than the pickle says is refused`() throws {
    try expectRefusal(tensor: Pickled.tensor(Pickled.storage(count: 5))) {
      "expected 5 elements of 4 bytes in the storage '0', found 16 bytes"
    }
  }

  @Test func `a storage that the file does not hold is refused`() throws {
    let object = Pickled.dictionary(
      Pickled.text("a"), Pickled.tensor(), Pickled.text("b"),
      Pickled.tensor(Pickled.storage("lost")))
    try expectRefusal(Pickled.stream(object + [0x2E])) {
      .malformedTensor(path: $0, tensor: "b", reason: "expected the storage 'lost', found none")
    }
  }

  @Test func `two tensors of one name are refused`() throws {
    let inner = Pickled.dictionary(Pickled.text("b"), Pickled.tensor())
    let object = Pickled.dictionary(
      Pickled.text("a.b"), Pickled.tensor(), Pickled.text("a"), inner)
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream(object + [0x2E]))
      #expect(throws: TensorError.duplicateName("a.b", source: path)) {
        try PyTorchFile.read(path)
      }
    }
  }

  @Test func `a key that is no text or integer is refused`() throws {
    let object = Pickled.dictionary([0x4E], Pickled.tensor())
    try expectRefusal(Pickled.stream(object + [0x2E])) {
      .malformedTensor(
        path: $0, tensor: "", reason: "expected texts and integers as keys, found another")
    }
  }

  private func expectRefusal(tensor: [UInt8], _ reason: () -> String) throws {
    try expectRefusal(
      Pickled.stream(Pickled.dictionary(Pickled.text("a"), tensor) + [0x2E])
    ) { .malformedTensor(path: $0, tensor: "a", reason: reason()) }
  }

  private func expectRefusal(_ bytes: [UInt8], _ expected: (String) -> PyTorchError) throws {
    try Fixture.withScratchFile { write in
      let path = try write(bytes)
      #expect(throws: expected(path)) { try PyTorchFile.read(path) }
    }
  }
}
