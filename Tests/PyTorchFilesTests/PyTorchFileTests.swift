import Files
import PyTorchFiles
import Safetensors
import Tensors
import TestSupport
import Testing

/// Tensors are held against those that PyTorch made contiguous itself.
struct PyTorchFileTests {
  @Test(arguments: [
    ("types.pth", "types"), ("types-legacy.pth", "types"), ("big.pth", "types"),
    ("views.pth", "views"), ("views-legacy.pth", "views"), ("deflated.pth", "views"),
    ("plain.pth", "views"), ("training.pth", "training"), ("training-legacy.pth", "training"),
  ])
  func `every tensor is read as PyTorch has it`(name: String, truth: String) throws {
    let archive = try PyTorchFile.read(Fixture.path(name))
    let truth = try SafetensorsFile.read(Fixture.path("\(truth).safetensors"))
    #expect(Set(archive.entries.map(\.name)) == Set(truth.entries.map(\.name)))
    for entry in truth.entries {
      let tensor = try #require(try archive[entry.name]?.tensor())
      #expect(try tensor.isBitIdentical(to: entry.tensor()), "\(entry.name)")
    }
  }

  @Test(arguments: ["training.pth", "training-legacy.pth"])
  func `names are paths with dots, in the order of the file`(name: String) throws {
    let names = try PyTorchFile.read(Fixture.path(name)).entries.map(\.name)
    #expect(
      names.prefix(3) == [
        "state_dict.module.conv.weight", "state_dict.module.conv.bias",
        "state_dict.module.bn.weight",
      ])
    #expect(
      names[7...9] == [
        "optimizer.state.0.step", "optimizer.state.0.exp_avg", "optimizer.state.0.exp_avg_sq",
      ])
    #expect(names.suffix(2) == ["extra.0", "extra.1.0"])
  }

  @Test(arguments: ["training.pth", "training-legacy.pth"])
  func `numbers and short texts of the outermost dictionary are metadata`(name: String) throws {
    let archive = try PyTorchFile.read(Fixture.path(name))
    #expect(
      archive.metadata
        == ["epoch": "3", "arch": "stm", "best": "0.25", "negative": "-1099511627776"])
    #expect(archive.unreadable.isEmpty)
  }

  @Test(arguments: [1, 3, 4, 5])
  func `other protocols read the same`(protocol version: Int) throws {
    let archive = try PyTorchFile.read(Fixture.path("protocol\(version).pth"))
    #expect(archive.entries.map(\.name) == ["a", "b.c.0"])
    #expect(
      try archive["b.c.0"]?.floats()
        == FloatTensor(shape: [3, 4], values: (0..<12).map(Float.init)))
  }

  @Test func `a tensor without a dictionary is called as its file`() throws {
    let archive = try PyTorchFile.read(Fixture.path("lone.tensor.pth"))
    #expect(archive.entries.map(\.name) == ["lone.tensor"])
    #expect(archive.entries.map(\.shape) == [[2, 3, 4]])
  }

  @Test(arguments: [ElementType.uint16, .uint32, .uint64])
  func `unsigned integers are read`(type: ElementType) throws {
    let name = "torch.uint\(8 * type.byteCount)"
    let tensor = try #require(
      try PyTorchFile.read(Fixture.path("unsigned.pth"))[name]?.tensor())
    #expect(tensor.elementType == type)
    let expected = (0..<3).flatMap {
      [UInt8($0)] + [UInt8](repeating: 0, count: type.byteCount - 1)
    }
    #expect(
      tensor.bytes.withBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } } == expected)
  }

  @Test func `other kinds of tensors are listed with what they are`() throws {
    let path = Fixture.path("kinds.pth")
    let archive = try PyTorchFile.read(path)
    #expect(archive.entries.map(\.name) == ["readable"])
    let found = [
      "sparse": "a sparse tensor", "csr": "a sparse tensor", "quantized": "a quantized tensor",
      "complex": "elements of the type ComplexFloat", "per_channel": "a quantized tensor",
      "meta": "a meta tensor without elements", "float8": "elements of float8_e4m3fn",
      "array": "an array of NumPy", "storage": "a bare storage",
    ]
    #expect(
      archive.unreadable.mapValues { $0 as? PyTorchError }
        == Dictionary(
          uniqueKeysWithValues: found.map {
            ($0, .unreadableTensor(path: path, tensor: $0, found: $1))
          }))
  }

  @Test func `other kinds of tensors are listed from streams`() throws {
    let archive = try PyTorchFile.read(Fixture.path("kinds-legacy.pth"))
    #expect(archive.unreadable.keys.sorted() == ["complex", "quantized"])
    #expect(try archive["readable"]?.floats().values == [0, 1, 2, 3])
  }

  @Test func `a tensor that repeats its elements too often is listed rather than made`() throws {
    let archive = try PyTorchFile.read(Fixture.path("expansion.pth"))
    #expect(archive.entries.map(\.name) == ["small"])
    #expect(
      archive.unreadable["bomb"]?.description.hasSuffix(
        "found 1099511627776 elements expanded from the 1 of a storage") == true)
  }

  @Test(arguments: [
    ("types.pth", true), ("views-legacy.pth", true), ("plain.pth", true), ("script.pt", true),
    ("module.pth", true), ("types.safetensors", false),
  ])
  func `files of PyTorch are recognized`(name: String, expected: Bool) throws {
    #expect(PyTorchFile.recognizes(try FileBytes(path: Fixture.path(name))) == expected)
  }

  @Test func `an ordered dictionary of Python 2 keeps its order`() throws {
    let pair = { (key: String) in [0x5D, 0x28] + Pickled.text(key) + Pickled.tensor() + [0x65] }
    let object = Pickled.call(
      Pickled.global("collections", "OrderedDict"), [0x5D, 0x28] + pair("b") + pair("a") + [0x65])
    try Fixture.withScratchFile { write in
      let archive = try PyTorchFile.read(try write(Pickled.stream(object + [0x2E])))
      #expect(archive.entries.map(\.name) == ["b", "a"])
    }
  }

  @Test func `a tensor may count from a part of its storage`() throws {
    let view = Pickled.tuple(Pickled.text("view"), Pickled.integer(1), Pickled.integer(3))
    let tensor = Pickled.tensor(Pickled.storage(view: view), offset: 1, sizes: [2])
    try Fixture.withScratchFile { write in
      let archive = try PyTorchFile.read(
        try write(Pickled.stream(Pickled.dictionary(Pickled.text("a"), tensor) + [0x2E])))
      #expect(try archive["a"]?.floats().values == [2, 3])
    }
  }

  @Test func `strides of dimensions of one do not matter`() throws {
    let tensor = Pickled.tensor(sizes: [2, 1, 2], strides: [1, .max, 2])
    try Fixture.withScratchFile { write in
      let archive = try PyTorchFile.read(
        try write(Pickled.stream(Pickled.dictionary(Pickled.text("a"), tensor) + [0x2E])))
      #expect(
        try archive["a"]?.floats() == FloatTensor(shape: [2, 1, 2], values: [0, 2, 1, 3]))
    }
  }

  @Test func `tensors are read from many tasks at once`() async throws {
    let archive = try PyTorchFile.read(Fixture.path("views.pth"))
    let entry = try #require(archive["base"])
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask { try entry.tensor().floats().values == (0..<24).map(Float.init) }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
