import Files
import NumpyFiles
import Tensors
import TestSupport
import Testing

/// Arrays are held against the elements that NumPy wrote.
@Suite struct NumpyFileTests {
  static let types: [(String, ElementType)] = [
    ("b1", .bool), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8),
    ("u2", .uint16), ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32),
    ("f8", .float64),
  ]

  @Test(arguments: types, ["little", "big"])
  func `every type of either byte order comes out little-endian`(
    type: (name: String, elementType: ElementType), order: String
  ) throws {
    try expect("\(type.name)-\(order)", type.elementType, [2, 3])
  }

  @Test(arguments: ["fortran", "fortran-big"])
  func `column-major elements come out row-major`(name: String) throws {
    try expect(name, .float32, [2, 3, 4])
  }

  @Test func `scalars, vectors and empty arrays keep their shapes`() throws {
    try expect("scalar", .float32, [])
    try expect("vector", .int16, [3])
    try expect("nothing", .float32, [2, 0, 3])
  }

  @Test(arguments: 1...3)
  func `every version of the header is read`(version: Int) throws {
    try expect("version\(version)", .float32, [3, 4])
  }

  @Test func `the header of Python 2 is read, whatever the order of its keys`() throws {
    let entry = try #require(NumpyFile.read(Fixture.path("python2.npy")).entries.first)
    #expect(entry.shape == [2, 2])
    #expect(try entry.tensor().floats().values == [0, 0, 0, 0])
  }

  @Test func `a stored archive keeps its order and names`() throws {
    let archive = try NumpyFile.read(Fixture.path("stored.npz"))
    #expect(archive.entries.map(\.name) == ["conv.weight", "layer/bias"])
    #expect(archive.entries.map(\.shape) == [[2, 3, 4], [3]])
    let tensors = try archive.entries.map { try $0.tensor().floats().values }
    #expect(tensors == [(0..<24).map(Float.init), [0, 1, 2]])
  }

  @Test func `a deflated archive reads the same`() throws {
    let archive = try NumpyFile.read(Fixture.path("deflated.npz"))
    #expect(archive.entries.map(\.name) == ["conv.weight", "zeros"])
    #expect(
      try archive["conv.weight"]?.tensor().floats()
        == FloatTensor(shape: [2, 3, 4], values: (0..<24).map(Float.init)))
    let zeros = try #require(try archive["zeros"]?.tensor())
    #expect(zeros.bitPatterns(as: UInt8.self) == [UInt8](repeating: 0, count: 1000))
  }

  @Test(arguments: [
    ("vector.npy", true), ("stored.npz", true), ("stranger.npz", false), ("vector.raw", false),
  ])
  func `arrays and archives of arrays are recognized`(name: String, expected: Bool) throws {
    #expect(NumpyFile.recognizes(try FileBytes(path: Fixture.path(name))) == expected)
  }

  private func expect(_ name: String, _ elementType: ElementType, _ shape: Shape) throws {
    let entries = try NumpyFile.read(Fixture.path("\(name).npy")).entries
    let entry = try #require(entries.first)
    #expect(entries.count == 1)
    #expect(entry.name == name)
    #expect(entry.elementType == elementType)
    #expect(entry.shape == shape)
    let expected = try Tensor(
      elementType: elementType, shape: shape, bytes: TensorBytes(try Fixture.bytes("\(name).raw")))
    #expect(try entry.tensor().isBitIdentical(to: expected))
  }
}
