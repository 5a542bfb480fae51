import Files
import NumpyFiles
import Tensors
import TestSupport
import Testing
import ZipFiles

@Suite struct NumpyRefusalTests {
  @Test func `another format is refused by name`() throws {
    try withArray(Array("not an array".utf8)) { path in
      #expect(throws: NumpyError.unknownFormat(path: path)) { try NumpyFile.read(path) }
    }
  }

  @Test func `a member that is not an array is refused rather than skipped`() throws {
    let path = Fixture.path("stranger.npz")
    #expect(throws: NumpyError.memberName(path: path, member: "readme.txt")) {
      try NumpyFile.read(path)
    }
  }

  @Test func `a member whose contents are not an array is refused`() throws {
    var damaged = try Fixture.bytes("stored.npz")
    let magic = try #require(damaged.firstIndex(of: 0x93))
    damaged[magic] = 0
    try withArray(damaged) { path in
      #expect(throws: NumpyError.notAnArray(path: path, array: "conv.weight")) {
        try NumpyFile.read(path)
      }
    }
  }

  @Test func `a damaged element is refused by the archive's checksum`() throws {
    var damaged = try Fixture.bytes("stored.npz")
    let magic = try #require(damaged.firstIndex(of: 0x93))
    damaged[magic + 128 + 5] ^= 1
    try withArray(damaged) { path in
      let archive = try NumpyFile.read(path)
      let error = #expect(throws: ZipError.self) { try archive.entries[0].tensor() }
      #expect(error?.description.contains("member 'conv.weight.npy': expected the CRC-32") == true)
    }
  }

  @Test(arguments: [
    ("structured", "a structured type"), ("text", "'<U2'"), ("complex", "'<c8'"),
    ("object", "'|O'"),
  ])
  func `other types are refused by name`(name: String, found: String) throws {
    let path = Fixture.path("\(name).npy")
    #expect(throws: NumpyError.elementType(path: path, array: name, found: found)) {
      try NumpyFile.read(path)
    }
  }

  @Test(arguments: ["|f4", "=f4", "f4", "", "<", "<f16", "<V2", "<i3"])
  func `a type without a byte order or of another width is refused`(descr: String) throws {
    let text = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (1,), }\n"
    try withArray(array(text)) { path in
      #expect(
        throws: NumpyError.elementType(path: path, array: "array", found: "'\(descr)'")
      ) { try NumpyFile.read(path) }
    }
  }

  @Test(arguments: [(0, 0), (1, 1), (4, 0)] as [(UInt8, UInt8)])
  func `an unknown version is refused by its number`(major: UInt8, minor: UInt8) throws {
    var damaged = try Fixture.bytes("vector.npy")
    damaged[6] = major
    damaged[7] = minor
    try withArray(damaged) { path in
      #expect(
        throws: NumpyError.version(path: path, array: "array", found: "\(major).\(minor)")
      ) { try NumpyFile.read(path) }
    }
  }

  @Test func `a header larger than the limit is refused`() throws {
    var damaged = try Fixture.bytes("version2.npy")
    damaged[10] = 1
    damaged[11] = 1
    try withArray(damaged) { path in
      let error = #expect(throws: NumpyError.self) { try NumpyFile.read(path) }
      #expect(error?.description.contains("header: expected at most 65536 bytes") == true)
    }
  }

  @Test(arguments: [
    ("", "expected {, found the end"),
    ("{", "expected a quoted text, found the end"),
    ("{'descr", "expected the quote that ends a text, found none"),
    ("{'descr' '<f4'}", "expected :, found '''"),
    ("{'descr': 4}", "expected a quoted text, found '4'"),
    ("{'descr': '<f4' 'shape': ()}", "expected }, found '''"),
    ("{'descr': '<f4'}", "expected each of descr, fortran_order and shape once, found fewer"),
    (
      "{'descr': '<f4', 'descr': '<f4'}",
      "expected each of descr, fortran_order and shape once, found 'descr'"
    ),
    (
      "{'color': 'red'}", "expected each of descr, fortran_order and shape once, found 'color'"
    ),
    ("{'fortran_order': 0}", "fortran_order: expected True or False, found '0'"),
    ("{'shape': 3}", "expected (, found '3'"),
    ("{'shape': (3 4)}", "expected ), found '4'"),
    ("{'shape': (-3,)}", "shape: expected a dimension of at most \(Int.max), found '-'"),
    (
      "{'shape': (9223372036854775808,)}",
      "shape: expected a dimension of at most \(Int.max), found 9223372036854775808"
    ),
    (
      "{'descr': '<f4', 'fortran_order': True, 'shape': ()} x",
      "expected nothing after the dictionary, found 1 bytes"
    ),
  ])
  func `a malformed dictionary is refused with what stands there`(
    text: String, reason: String
  ) throws {
    try withArray(array(text)) { path in
      #expect(
        throws: NumpyError.malformedHeader(path: path, array: "array", reason: reason)
      ) { try NumpyFile.read(path) }
    }
  }

  @Test(arguments: [
    ("4294967296, 4294967296", "expected dimensions whose product fits in memory"),
    (String(repeating: "1, ", count: 9), "expected at most 8 dimensions, found 9"),
  ])
  func `an impossible shape is refused before allocating`(shape: String, reason: String) throws {
    let text = "{'descr': '<f4', 'fortran_order': True, 'shape': (\(shape))}\n"
    try withArray(array(text)) { path in
      let error = #expect(throws: (any Error).self) { try NumpyFile.read(path) }
      #expect((error as? any DiagnosticError)?.description.contains(reason) == true)
    }
  }

  @Test(arguments: [0, 3, 5])
  func `elements that do not fill the shape are refused`(count: Int) throws {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n"
    try withArray(array(text, elements: [UInt8](repeating: 0, count: count))) { path in
      #expect(
        throws: NumpyError.byteCount(path: path, array: "array", expected: 4, found: count)
      ) { try NumpyFile.read(path) }
    }
  }

  @Test(arguments: ["fortran", "version2"])
  func `an array cut short anywhere is refused`(name: String) throws {
    let whole = try Fixture.bytes("\(name).npy")
    for count in 0..<whole.count {
      try withArray(Array(whole[..<count])) { path in
        #expect(throws: NumpyError.self, "\(count) bytes") { try NumpyFile.read(path) }
      }
    }
  }

  @Test(arguments: ["stored", "deflated"])
  func `an archive cut short anywhere is refused`(name: String) throws {
    let whole = try Fixture.bytes("\(name).npz")
    for count in 22..<whole.count {
      try withArray(Array(whole[..<count])) { path in
        #expect(throws: ZipError.notAnArchive(path: path, size: count)) {
          try NumpyFile.read(path)
        }
      }
    }
  }

  /// An array of version 1.0 whose dictionary is `text`.
  private func array(_ text: String, elements: [UInt8] = [0, 0, 0, 0]) -> [UInt8] {
    let header = Array(text.utf8)
    let count = [UInt8(header.count % 256), UInt8(header.count / 256)]
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + count + header + elements
  }
}
