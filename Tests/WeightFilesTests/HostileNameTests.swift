import HDF5Files
import Tensors
import TestSupport
import Testing
import WeightFiles

/// Names of every format that would take long to hash and compare, or are too long.
@Suite struct HostileNameTests {
  private static let marks =
    "w" + String(String.UnicodeScalarView(repeatElement("\u{301}", count: 1000)))
  /// One below and one beyond the limit.
  private static let long = String(repeating: "n", count: 4097)

  private static let names = [
    (marks, "combining marks"), (long, "expected at most 4096 bytes of one name, found "),
  ]

  @Test(arguments: names)
  func `names of safetensors that cannot be compared`(name: String, noun: String) throws {
    let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
    try HostileFile.expectRefusal(
      of: safetensors("{\"\(name)\":\(entry)}", data: 4), as: .safetensors, naming: noun)
    try HostileFile.expectRefusal(
      of: safetensors("{\"__metadata__\":{\"\(name)\":\"a\"}}"), as: .safetensors, naming: noun)
  }

  @Test(arguments: names)
  func `names of ONNX that cannot be compared`(name: String, noun: String) throws {
    try HostileFile.expectRefusal(
      of: Proto.model(tensor: Proto.tensor(name, Proto.raw)), as: .onnx, naming: noun)
    try HostileFile.expectRefusal(
      of: Proto.model(Proto.node("Relu", [name], ["y"])), as: .onnx, naming: noun)
    try HostileFile.expectRefusal(
      of: Proto.model(Proto.node(name, [], ["y"])), as: .onnx, naming: noun)
    let attribute = Proto.text(1, name) + Proto.number(3, 1) + Proto.number(20, 2)
    try HostileFile.expectRefusal(
      of: Proto.model(Proto.node("Relu", [], ["y"], attributes: [attribute])), as: .onnx,
      naming: noun)
  }

  @Test func `text of ONNX that is not UTF-8 is not shown`() throws {
    let name = [UInt8](repeating: 0xFF, count: 900_000)
    try ScratchFolder.with { folder in
      let path = try folder.write(
        Proto.model(tensor: Proto.number(1, 2) + Proto.number(2, 1) + Proto.bytes(8, name)))
      let error = try #require(throws: (any Error).self) { try WeightFile.read(path, as: .onnx) }
      #expect("\(error)".contains("found 900000 bytes of something else"))
      #expect("\(error)".utf8.count < 1000)
    }
  }

  @Test(arguments: names)
  func `keys of pickles that cannot be compared`(name: String, noun: String) throws {
    let object =
      [0x80, 2, 0x7D] + HostilePickle.text(name) + HostilePickle.tensor() + [0x73, 0x2E]
    var archive = HostilePickle.checkpoint()
    archive.members[0].bytes = object
    try HostileFile.expectRefusal(of: archive.bytes, as: .pytorch, naming: noun)
  }

  @Test func `keys of storages that are no numbers`() throws {
    let tensor = HostilePickle.tensor(
      HostilePickle.storage(key: String(repeating: "0", count: 257)))
    try HostileFile.expectRefusal(
      of: HostilePickle.checkpoint(tensor).bytes, as: .pytorch,
      naming: "a storage's key of at most 256 bytes")
  }

  @Test(arguments: names)
  func `names of members of archives that cannot be compared`(
    name: String, noun: String
  ) throws {
    let archive = HostileArchive(members: [
      .init(
        name: "\(name).npy",
        bytes: array("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", data: 4))
    ])
    try HostileFile.expectRefusal(of: archive.bytes, as: .npz, naming: noun)
  }

  @Test func `a key of a NumPy header that cannot be compared`() throws {
    let key = "d" + String(String.UnicodeScalarView(repeatElement("\u{301}", count: 20_000)))
    try HostileFile.expectRefusal(
      of: array("{'\(key)': '<f4', 'fortran_order': False, 'shape': (1,), }", data: 4),
      as: .npz, naming: "a text that can be compared")
  }

  @Test(
    arguments: [
      (
        "a" + String(String.UnicodeScalarView(repeatElement("\u{301}", count: 1000))),
        "combining marks"
      ),
      (long, "of one name, found 4098"), (String(repeating: "n/", count: 50) + long, "of one name"),
    ])
  func `names and paths of HDF5 that cannot be compared`(name: String, noun: String) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([])
      try HDF5File.write(
        try TensorArchive([
          .init(name: name, tensor: Tensor(FloatTensor(shape: [1], values: [1])))
        ]), to: path)
      let time = ProcessorTime.taken {
        HostileFile.expectRefusal(of: path, as: .hdf5, naming: noun)
      }
      #expect(time < .seconds(20))
    }
  }
}
