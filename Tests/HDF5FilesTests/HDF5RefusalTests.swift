import Files
import HDF5Files
import Tensors
import TestSupport
import Testing

/// Each file of `Fixtures/refused` has one fault.
struct HDF5RefusalTests {
  @Test(arguments: [
    ("compound", "/w", "expected numbers, found compounds"),
    ("complex", "/w", "expected numbers, found compounds"),
    ("text", "/w", "expected numbers, found text"),
    ("text-of-any-length", "/w", "expected numbers, found text"),
    ("lists", "/w", "expected numbers, found lists of variable length"),
    ("arrays", "/w", "expected numbers, found arrays"),
    ("opaque", "/w", "expected numbers, found opaque bytes"),
    ("reference", "/w", "expected numbers, found references"),
    ("bit-field", "/w", "expected numbers, found bit fields"),
    ("enumeration", "/w", "a number type of 8 bits that the suite does not know"),
    ("int12", "/w", "a number type of 16 bits that the suite does not know"),
    ("odd-float", "/w", "a number type of 32 bits that the suite does not know"),
    ("no-shape", "/w", "a dataset without a shape"),
    ("lzf", "/w", "filter 32000: expected deflate (1), shuffle (2) or fletcher32 (3)"),
    ("scale-offset", "/w", "filter 6: expected deflate (1), shuffle (2) or fletcher32 (3)"),
    ("soft-group", "/w", "a soft link to '/a/', which is no dataset"),
    (
      "soft-outside", "/w",
      "a soft link to '/x/v', which leads through '/x', a link out of the file"
    ),
    ("external", "/w", "a link to another file"),
    ("elsewhere", "/w", "its elements are in other files"),
    ("virtual", "/w", "a virtual dataset"),
    ("cycle", "/a/loop", "the same group as '/a'"),
  ])
  func `what the suite does not read is refused by name`(
    name: String, object: String, reason: String
  ) {
    let path = Fixture.path("refused/\(name).h5")
    #expect(throws: HDF5Error.unsupported(path: path, object: object, reason: reason)) {
      try HDF5File.read(path)
    }
  }

  @Test(arguments: [
    ("soft-nowhere", "/w", "a soft link to '/a/v', where nothing is"),
    ("soft-through-numbers", "/w", "a soft link to '/a/v', where nothing is"),
    ("soft-circle", "/a", "a soft link in a circle: '/a' leads back to itself"),
    ("never-written", "/w", "expected 8 bytes of elements, found 0 bytes stored"),
    ("bomb", "/w", "expected 4398046511104 bytes of elements, found 0 bytes stored"),
    ("flat-chunks", "/w", "expected chunks of 2 dimensions, found 1"),
    ("huge-chunks", "/w", "chunks of 268435456 elements: found 8 bytes stored in all"),
    (
      "impossible", "/w",
      "shape [1099511627776, 1099511627776]: "
        + "expected dimensions of at least 0 whose product fits in memory"
    ),
    ("not-utf8", "/", "expected names in UTF-8"),
  ])
  func `what contradicts itself is refused by name`(
    name: String, object: String, reason: String
  ) {
    let path = Fixture.path("refused/\(name).h5")
    #expect(throws: HDF5Error.malformed(path: path, object: object, reason: reason)) {
      try HDF5File.read(path)
    }
  }

  @Test func `groups that nest deeper than the limit are refused`() {
    let path = Fixture.path("refused/deep.h5")
    let error = FileError.beyondLimit(
      path: path, object: "'\(String(repeating: "/g", count: 100))'", limit: .depth, allowed: 100,
      found: 101)
    #expect(throws: HDF5Error.beyondLimit(error)) { try HDF5File.read(path) }
  }

  @Test func `a group and a dataset that share a name are refused`() {
    let path = Fixture.path("refused/duplicate.h5")
    #expect(throws: TensorError.duplicateName("a.w", source: path)) { try HDF5File.read(path) }
  }

  @Test func `a wrong checksum is reported with the library's reason`() throws {
    let path = Fixture.path("refused/wrong-checksum.h5")
    let entry = try #require(try HDF5File.read(path)["w"])
    let error = try #require(throws: HDF5Error.self) { try entry.tensor() }
    guard case .unreadable(path, "/w", let reason) = error else {
      Issue.record("\(error)")
      return
    }
    let reasons = reason.split(separator: "; ")
    #expect(reasons.first == "data error detected by Fletcher32 checksum in H5Z__filter_fletcher32")
    #expect(reasons.last == "can't read data in H5Dread")
  }
}
