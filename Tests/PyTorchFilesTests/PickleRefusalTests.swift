import PyTorchFiles
import Tensors
import TestSupport
import Testing

/// Pickles that would run something, ask for too much or contradict themselves.
struct PickleRefusalTests {
  @Test(arguments: [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "getattr"),
    ("torch.storage", "_load_from_bytes"), ("runpy", "_run_code"),
  ])
  func `a call of another function is refused by its name`(module: String, name: String) throws {
    let call = Pickled.call(Pickled.global(module, name), Pickled.text("true"))
    try expectConstructor("\(module).\(name)", call)
    try expectConstructor("\(module).\(name)", call + Pickled.dictionary() + [0x62])
    let names = Pickled.text(module) + Pickled.text(name)
    try expectConstructor("\(module).\(name)", names + [0x93] + Pickled.tuple() + [0x52])
  }

  /// Each instruction must cost the same, however much of the file is left.
  @Test func `a long stream of marks is refused in time`() throws {
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream([UInt8](repeating: 0x28, count: 1_000_000)))
      let time = ProcessorTime.taken {
        let error = #expect(throws: PyTorchError.self) { try PyTorchFile.read(path) }
        #expect(error?.description.hasPrefix(path) == true)
      }
      #expect(time < .seconds(20))
    }
  }

  @Test func `a dangerous call is refused even where its result is dropped`() throws {
    let call = Pickled.call(Pickled.global("os", "system"), Pickled.text("true"))
    try expectConstructor("os.system", call + [0x30] + Pickled.dictionary())
  }

  @Test func `a class with arguments is refused by its name`() throws {
    let popen = Pickled.global("subprocess", "Popen")
    try expectConstructor("subprocess.Popen", popen + Pickled.tuple() + [0x81])
    try expectConstructor(
      "subprocess.Popen", popen + Pickled.tuple() + Pickled.dictionary() + [0x92])
    try expectConstructor(
      "subprocess.Popen", [0x28] + popen + Pickled.text("true") + [0x6F])
    try expectConstructor("os.system", [0x28] + Pickled.text("true") + Array("ios\nsystem\n".utf8))
  }

  @Test func `a tensor's class must be known too`() throws {
    let subclass = Pickled.call(
      Pickled.global("torch._tensor", "_rebuild_from_type_v2"),
      Pickled.global("torch._utils", "_rebuild_tensor_v2"), Pickled.global("evil", "Tensor"),
      Pickled.tuple(
        Pickled.storage(), Pickled.integer(0), Pickled.tuple(Pickled.integer(4)),
        Pickled.tuple(Pickled.integer(1))), Pickled.dictionary())
    try expectConstructor("evil.Tensor", subclass)
  }

  @Test func `a class of a class of a tensor is refused`() throws {
    let function = Pickled.global("torch._tensor", "_rebuild_from_type_v2")
    let inner = Pickled.tuple(function, Pickled.global("torch", "Tensor"), Pickled.tuple())
    try expectMalformed(
      Pickled.call(function, function, Pickled.global("torch", "Tensor"), inner),
      "expected the function of a tensor, found something else")
  }

  @Test(
    arguments: [
      ([0x2E], "expected a value on the stack, found none"),
      ([0x30, 0x2E], "expected a value on the stack, found none"),
      ([0x32, 0x2E], "expected a value on the stack, found none"),
      ([0x28, 0x2E], "expected a value on the stack, found none"),
      ([0x4E, 0x28, 0x86, 0x2E], "expected 2 values on the stack, found fewer"),
      ([0x74], "expected a mark on the stack, found none"),
      ([0x65], "expected a mark on the stack, found none"),
      ([0x71, 0], "expected a value on the stack, found none"),
      ([0x68, 7], "expected a value in the memo at 7, found none"),
      ([0x4E, 0x4E, 0x61], "expected a list on the stack, found something else"),
      ([0x4E, 0x4E, 0x4E, 0x73], "expected a dictionary on the stack, found something else"),
      ([0x7D, 0x28, 0x4E, 0x75], "expected a value for each key, found 1 of both"),
      ([0x4E, 0x28, 0x90], "expected a set on the stack"),
      ([0x4E, 0x29, 0x52], "expected a constructor and a tuple, found something else"),
      ([0x4E, 0x29, 0x81], "expected a class, found something else"),
      ([0x4E, 0x7D, 0x62], "expected an object on the stack, found something else"),
      ([0x4E, 0x4E, 0x93], "expected the names of a module and a global on the stack"),
      ([0x4E, 0x51], "expected a tuple that names a storage, found something else"),
      ([0x80, 6], "expected protocol 5 or below, found 6"),
      ([0xFF], "expected an instruction, found 255"),
      ([0x82, 1], "expected an instruction, found 130"),
      ([0x97], "expected an instruction, found 151"),
      ([0x58, 2, 0, 0, 0, 0xC3, 0x28], "expected text in UTF-8, found 2 bytes of something else"),
      (Array("Ix\n".utf8), "expected a number, found 'x'"),
      (Array("L-L\n".utf8), "expected a number, found '-'"),
    ] as [([UInt8], String)])
  func `instructions without what they need are refused`(
    pickle: [UInt8], reason: String
  ) throws {
    try expectMalformed(pickle, reason)
  }

  @Test(
    arguments: [
      [0x8B, 0xFF, 0xFF, 0xFF, 0x7F], [0x8B, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x58, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x8D] + [UInt8](repeating: 0xFF, count: 8), [0x8E] + [UInt8](repeating: 0xFF, count: 8),
      [0x96] + [UInt8](repeating: 0x7F, count: 8), [0x42, 0xFF, 0xFF, 0xFF, 0x7F],
      [0x54, 0, 0, 0, 0x80],
    ] as [[UInt8]])
  func `lengths past the end are refused before allocating`(pickle: [UInt8]) throws {
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream(pickle))
      let error = #expect(throws: PyTorchError.self) { try PyTorchFile.read(path) }
      #expect(error?.description.contains(" bytes, found ") == true)
    }
  }

  @Test func `a pickle without an end is refused`() throws {
    try expectMalformed([0x7D], keys: [], storages: [], "expected STOP, found the end")
  }

  @Test func `a name without an end is refused`() throws {
    try expectMalformed(
      [0x63] + [UInt8](repeating: 0x61, count: 2000),
      "expected a line of at most 1024 bytes of UTF-8")
  }

  @Test func `lists in lists beyond the limit are refused`() throws {
    let depth = 100_000
    let lists = [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1)
    try expectUnnamed(lists, "expected at most 100 levels of nesting, found 101")
  }

  @Test func `a list that holds itself is refused`() throws {
    try expectUnnamed(
      [0x5D, 0x71, 0, 0x68, 0, 0x61], "expected at most 100 levels of nesting, found 101")
  }

  @Test func `a dictionary that holds itself twice is refused`() throws {
    let object = [0x7D, 0x71, 0] + Pickled.text("a") + [0x68, 0, 0x73]
    try expectUnnamed(object, "expected at most 100 levels of nesting, found 101")
  }

  @Test func `lists that double at every level are refused without unfolding them`() throws {
    var object = Pickled.tuple([0x5D, 0x71, 0])
    for level in 0..<60 as Range<UInt8> {
      object = object + [0x5D, 0x28, 0x68, level, 0x68, level, 0x65, 0x71, level + 1]
    }
    try expectUnnamed(object, "expected at most 262144 values in shared containers")
  }

  @Test func `dictionaries that repeat a list of pairs are refused`() throws {
    let pairs = (0..<2000).flatMap { _ in [0x68, 1] as [UInt8] }
    var object: [UInt8] = [0x4E, 0x4E, 0x86, 0x71, 1, 0x5D, 0x28] + pairs + [0x65, 0x85, 0x71, 2]
    object += Pickled.global("collections", "OrderedDict") + [0x71, 3]
    for _ in 0..<1100 { object += [0x68, 3, 0x68, 2, 0x52, 0x30] }
    try expectUnnamed(object, "expected at most 2000000 values, found 200")
  }

  @Test func `more values on the stack than the limit are refused`() throws {
    try expectUnnamed(
      [UInt8](repeating: 0x4E, count: 1_000_002), "expected at most 2000000 values, found 2000002")
  }

  @Test func `many unknown functions are refused before all are read`() throws {
    let one = Pickled.global("os", "system") + [0x30]
    try expectConstructor("os.system", (0..<4097).flatMap { _ in one } + [0xFF])
  }

  @Test func `a storage of an impossible size is refused`() throws {
    for count in [-1, Int.max] {
      try expectMalformed(
        Pickled.storage(count: count), "expected a storage's class, key, device and size")
    }
  }

  @Test(arguments: [(0, 5), (5, 0), (3, 2), (-1, 2), (2, -1), (1, .max)])
  func `a part outside its storage is refused`(offset: Int, size: Int) throws {
    let view = Pickled.tuple(Pickled.text("v"), Pickled.integer(offset), Pickled.integer(size))
    try expectMalformed(
      Pickled.storage(view: view), "expected a part of a storage of 4 elements")
  }

  @Test func `a tensor of too many dimensions is refused`() throws {
    let ones = [Int](repeating: 1, count: 9)
    try expectUnnamed(
      Pickled.tensor(sizes: ones, strides: ones), "expected at most 8 dimensions, found 9")
  }

  @Test func `a tensor without elements is read, however large its other dimensions are`() throws {
    let sizes = [0, 1 << 40, 1 << 40]
    let object = Pickled.dictionary(
      Pickled.text("a"), Pickled.tensor(sizes: sizes, strides: [1, 1, 1]))
    try Fixture.withScratchFile { write in
      let archive = try PyTorchFile.read(try write(Pickled.stream(object + [0x2E])))
      #expect(try archive["a"]?.tensor().shape == Shape(sizes))
    }
  }

  @Test func `tensors that share their arguments count as often as they are made`() throws {
    let made = Pickled.global("torch._utils", "_rebuild_tensor_v2") + [0x71, 0]
    let arguments =
      Pickled.tuple(
        Pickled.storage(), Pickled.integer(0), Pickled.tuple(Pickled.integer(4)),
        Pickled.tuple(Pickled.integer(1))) + [0x71, 1]
    let calls = (0...100_000).flatMap { _ in [0x68, 0, 0x68, 1, 0x52, 0x30] as [UInt8] }
    try expectUnnamed(made + arguments + calls, "expected at most 100000 tensors, found 100001")
    let storages = (0...100_000).flatMap { _ in [0x68, 1, 0x51, 0x30] as [UInt8] }
    try expectUnnamed(
      Pickled.storage().dropLast() + [0x71, 1] + storages,
      "expected at most 100000 tensors, found 100001")
  }

  @Test func `sizes in a list are those of when the tensor was made`() throws {
    let (sizes, one) = ([0x5D, 0x71, 9] + Pickled.integer(4) + [0x61], Pickled.integer(1))
    let tensor = Pickled.call(
      Pickled.global("torch._utils", "_rebuild_tensor_v2"), Pickled.storage(), Pickled.integer(0),
      sizes, Pickled.tuple(one))
    let object = Pickled.dictionary(
      Pickled.text("a"), tensor, Pickled.text("b"), [0x68, 9] + one + [0x61])
    try Fixture.withScratchFile { write in
      let archive = try PyTorchFile.read(try write(Pickled.stream(object + [0x2E])))
      #expect(archive["a"]?.shape == [4])
    }
  }

  @Test func `names beyond the limit are refused`() throws {
    var object = Pickled.tensor()
    for _ in 0..<5 {
      object = Pickled.dictionary(Pickled.text(String(repeating: "k", count: 1000)), object)
    }
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream(object + [0x2E]))
      let error = #expect(throws: PyTorchError.self) { try PyTorchFile.read(path) }
      #expect(error?.description.contains("expected at most 4096 bytes of one name") == true)
    }
  }

  private func expectConstructor(_ name: String, _ object: [UInt8]) throws {
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream(object + [0x2E]))
      #expect(throws: PyTorchError.constructor(path: path, name: name)) {
        try PyTorchFile.read(path)
      }
    }
  }

  private func expectMalformed(
    _ object: [UInt8], keys: [UInt8] = [0x5D, 0x2E], storages: [UInt8] = [], _ reason: String
  ) throws {
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream(object, keys: keys, storages: storages))
      let error = #expect(throws: PyTorchError.self) { try PyTorchFile.read(path) }
      guard case .malformedPickle(path, "object", _, reason)? = error else {
        Issue.record("found \(error?.description ?? "none")")
        return
      }
    }
  }

  private func expectUnnamed(_ object: [UInt8], _ reason: String) throws {
    try Fixture.withScratchFile { write in
      let path = try write(Pickled.stream(object + [0x2E], keys: [0x5D, 0x2E], storages: []))
      let error = #expect(throws: PyTorchError.self) { try PyTorchFile.read(path) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "none")")
    }
  }
}
