import Files
import Foundation
import TestSupport
import Testing
import WeightFiles

/// The rows of ``HostileInputTests`` that are of safetensors, archives, pickles and HDF5.
@Suite struct HostileContainerTests {
  private static let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#

  @Test(arguments: [
    ("over 100 MB", safetensors("{}", size: 100_000_001), "header"),
    ("longer than the file", safetensors("{}", size: 50), "truncated"),
    ("2^64 - 1 long", safetensors("{}", size: .max), "header"),
    ("not UTF-8", HostileFile.little(4 as UInt64) + [0x7B, 0x22, 0xFF, 0x7D], "header"),
    ("no JSON", safetensors("{w}"), "header"), ("an array", safetensors("[]"), "an array"),
    ("nested", safetensors(String(repeating: "[", count: 1 << 20)), "levels of nesting"),
    ("a name twice", safetensors("{\"w\":\(entry),\"w\":\(entry)}", data: 4), "'w'"),
    (
      "a name twice, escaped", safetensors("{\"w\":\(entry),\"\\u0077\":\(entry)}", data: 4), "'w'"
    ),
    ("metadata of numbers", safetensors(#"{"__metadata__":{"a":1}}"#), "__metadata__"),
    ("metadata as a tensor", safetensors("{\"__metadata__\":\(entry)}", data: 4), "__metadata__"),
    ("overlap", safetensors("{\"w\":\(entry),\"v\":\(entry)}", data: 8), "expected to start"),
    (
      "a hole",
      safetensors(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, data: 8), "'w'"
    ),
    (
      "reversed", safetensors(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, data: 4),
      "'w'"
    ), ("past the end", safetensors("{\"w\":\(entry)}", data: 3), "expected 4 bytes"),
    ("bytes left over", safetensors("{\"w\":\(entry)}", data: 5), "expected 4 bytes"),
    (
      "more bytes than the shape",
      safetensors(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, data: 8), "'w'"
    ),
    (
      "an unknown type",
      safetensors(#"{"w":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, data: 1), "'F4'"
    ),
    (
      "offsets that overflow",
      safetensors(
        #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[-9223372036854775808,9223372036854775807]}}"#
      ), "data_offsets"
    ),
    (
      "an unknown key",
      safetensors(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, data: 4), "'x'"
    ),
  ])
  func `safetensors headers that lie`(name: String, bytes: [UInt8], noun: String) throws {
    try HostileFile.expectRefusal(of: bytes, as: .safetensors, naming: noun)
  }

  @Test(arguments: [
    ("os", "system"), ("builtins", "eval"), ("torch", "load"),
    ("posix", "system"),
    ("torch._utils", "_rebuild_wrapper_subclass"), ("__builtin__", "getattr"),
  ])
  func `pickle of anything but the constructors of tensors`(module: String, name: String) throws {
    let call =
      HostilePickle.global(module, name)
      + HostilePickle.tuple(HostilePickle.text("touch /tmp/hostile")) + [0x52]
    let noun = "\(module).\(name)"
    try HostileFile.expectRefusal(of: HostilePickle.checkpoint(call).bytes, naming: noun)
    try HostileFile.expectRefusal(of: HostilePickle.stream(call), naming: noun)
  }

  @Test(
    arguments: [
      ("an unknown instruction", [0xFF], "instruction"),
      ("an empty stack", [0x30, 0x30, 0x30, 0x30, 0x30], "stack"),
      ("an empty memo", [0x68, 9], "memo"),
      ("a text longer than the file", [0x8D] + HostileFile.little(UInt64.max), "bytes"),
      ("a list in itself", [0x5D, 0x71, 0, 0x68, 0, 0x61], "levels of nesting"),
      ("no storage", HostilePickle.tensor(HostilePickle.storage(key: "7")), "'7'"),
      ("a storage of another size", HostilePickle.tensor(HostilePickle.storage(count: 3)), "3"),
      (
        "a storage of 2^63 - 1", HostilePickle.tensor(HostilePickle.storage(count: .max)), "storage"
      ),
      ("elements outside", HostilePickle.tensor(offset: 1), "offset 1"),
      ("an offset below 0", HostilePickle.tensor(offset: -1), "offset -1"),
      ("strides that overflow", HostilePickle.tensor(sizes: [2], strides: [.max]), "strides"),
      ("strides below 0", HostilePickle.tensor(sizes: [2], strides: [-1]), "strides"),
      ("protocol 9", [0x80, 9], "protocol"),
    ] as [(String, [UInt8], String)])
  func `pickle that contradicts itself or its storages`(
    name: String, value: [UInt8], noun: String
  ) throws {
    try HostileFile.expectRefusal(of: HostilePickle.checkpoint(value).bytes, naming: noun)
  }

  @Test func `pickle of more values than the limit`() throws {
    let values = [UInt8](repeating: 0x4E, count: 1_100_000)
    try HostileFile.expectRefusal(of: HostilePickle.checkpoint(values).bytes, naming: "values")
  }

  @Test(arguments: [0, 3, 1 << 61, .max] as [UInt64])
  func `pickle in a stream whose storages have other sizes`(count: UInt64) throws {
    try HostileFile.expectRefusal(
      of: HostilePickle.stream(count: count), as: .pytorch, naming: "storage")
  }

  @Test(
    arguments: [
      (
        "a checksum that is not the bytes'", .init(name: "v.npy", bytes: [1, 2, 3], checksum: 1),
        "v"
      ),
      ("a size that is not stored", .init(name: "v.npy", bytes: [1], size: 2), "v.npy"),
      ("a way upwards", .init(name: "../v.npy", bytes: [1]), "../v.npy"),
      ("an absolute name", .init(name: "/v.npy", bytes: [1]), "/v.npy"),
      ("a way upwards on Windows", .init(name: "..\\v.npy", bytes: [1]), "..\\v.npy"),
      ("an absolute name on Windows", .init(name: "C:/v.npy", bytes: [1]), "C:/v.npy"),
      ("a name twice", .init(name: "w.npy", bytes: [1]), "w.npy"),
      ("a method that is not read", .init(name: "v.npy", bytes: [1], method: 12), "method 12"),
      ("a place outside", .init(name: "v.npy", bytes: [1], position: 0xFFFF_FFF0), "v.npy"),
      ("members that overlap", .init(name: "w.npz", bytes: [1], position: 0), "w.npz"),
      (
        "a zip64 size that is not given", .init(name: "v.npy", bytes: [1], size: .max), "v.npy"
      ),
      ("deflate that is none", .init(name: "v.npy", bytes: [7, 7], size: 90, method: 8), "v"),
    ] as [(String, HostileArchive.Member, String)])
  func `zip that escapes, lies or is damaged`(
    name: String, member: HostileArchive.Member, noun: String
  ) throws {
    let whole = array("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", data: 8)
    let archive = HostileArchive(members: [.init(name: "w.npy", bytes: whole), member])
    try HostileFile.expectRefusal(of: archive.bytes, as: .npz, naming: noun)
  }

  @Test func `zip that is damaged, or none that is read, is named as such`() throws {
    let whole = array("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", data: 8)
    for (name, noun) in [
      ("../v.npy", "zip member '../v.npy'"), ("w.npy", "'w.npy' is present twice"),
      ("v.txt", "found one that has 'v.txt'"), ("config.json", "config.json and model.weights.h5"),
    ] {
      let archive = HostileArchive(members: [
        .init(name: "w.npy", bytes: whole), .init(name: name, bytes: [1]),
      ])
      try HostileFile.expectRefusal(of: archive.bytes, naming: noun)
    }
    let cut = HostileArchive(members: [.init(name: "w.npy", bytes: whole)]).bytes.dropLast()
    try HostileFile.expectRefusal(of: Array(cut), naming: "end record of a zip archive")
  }

  @Test func `zip that unpacks to more than the limits is recognized with higher ones`() throws {
    let archive = HostileArchive(members: [
      .init(name: "m/data.pkl", bytes: [UInt8](repeating: 0, count: 900), size: 900_000, method: 8)
    ])
    try ScratchFolder.with { folder in
      let path = try folder.write(archive.bytes)
      var limits = ReadingLimits()
      (limits.expansion, limits.expansionFloor) = (1, 1)
      #expect(throws: (any Error).self) { try WeightFile.format(of: path, limits: limits) }
      #expect(try WeightFile.format(of: path) == .pytorch)
    }
  }

  @Test func `zip bombs are refused before anything is inflated`() throws {
    let packed = [UInt8](repeating: 0, count: 30_000)
    let members = (0..<4).map {
      HostileArchive.Member(name: "\($0).npy", bytes: packed, size: 30_000_000, method: 8)
    }
    try HostileFile.expectRefusal(
      of: HostileArchive(members: members).bytes, as: .npz,
      naming: "bytes unpacked, found 120000000")
    let pickle = HostileArchive.Member(
      name: "m/data.pkl", bytes: packed, size: 30_000_000, method: 8)
    try HostileFile.expectRefusal(
      of: HostileArchive(members: [pickle]).bytes, as: .pytorch, naming: "m/data.pkl")
    let longer = HostileArchive.Member(
      name: "m/data.pkl", bytes: packed, size: 1_048_577, method: 8)
    try HostileFile.expectRefusal(
      of: HostileArchive(members: [longer]).bytes, as: .pytorch,
      naming: "expected a pickle that unpacks to at most 1048576 bytes")
    let configuration = HostileArchive.Member(
      name: "config.json", bytes: packed, size: 30_000_000, method: 8)
    let weights = HostileArchive.Member(name: "model.weights.h5", bytes: [1])
    try HostileFile.expectRefusal(
      of: HostileArchive(members: [configuration, weights]).bytes, as: .hdf5, naming: "config.json")
  }

  @Test(arguments: [
    "external", "external-absolute", "external-storage", "virtual", "hard-cycle", "soft-dangling",
    "soft-loop", "soft-to-itself", "soft-through-external", "soft-to-external",
  ])
  func `HDF5 links that lead away, nowhere or in circles`(name: String) throws {
    let noun = ["hard-cycle": "/a/b/loop", "soft-loop": "/a", "soft-to-itself": "/a"][name] ?? "/w"
    HostileFile.expectRefusal(of: try HostileFile.fixture("link-\(name).h5"), naming: noun)
  }

  @Test(arguments: ["claimed", "unallocated", "zeros"])
  func `HDF5 shape and compression bombs`(name: String) throws {
    HostileFile.expectRefusal(of: try HostileFile.fixture("bomb-\(name).h5"), naming: "bytes")
  }

  @Test(arguments: [
    "structure-checksum", "structure-continuation", "structure-heap", "structure-superblock",
    "structure-tree", "structure-szip", "filter-lzf", "filter-scale-offset",
  ])
  func `HDF5 structure corruption and unknown filters`(name: String) throws {
    let noun = name == "structure-szip" ? "filter 4" : name.hasPrefix("filter") ? "filter" : "/"
    HostileFile.expectRefusal(
      of: try HostileFile.fixture("\(name).h5"), as: .hdf5, naming: noun)
  }

  @Test(arguments: [
    "128-bit", "80-bit", "bit-field", "complex", "compound", "enumeration", "opaque", "reference",
    "text", "time", "variable-length",
  ])
  func `unsupported numeric type`(name: String) throws {
    HostileFile.expectRefusal(of: try HostileFile.fixture("type-\(name).h5"), naming: "/w")
  }

  @Test(arguments: ["<c8", "<f16", "|S4", "|O", "<M8[s]", "|V4", "<U2", "|f4", "f4", ""])
  func `unsupported numeric type, of NumPy`(type: String) throws {
    let dictionary = "{'descr': '\(type)', 'fortran_order': False, 'shape': (2,)}"
    try HostileFile.expectRefusal(of: array(dictionary, data: 8), naming: "'\(type)'")
  }
}
