import Files
import Tensors
import TestSupport
import Testing

@Suite struct TensorTests {
  @Test func `elements are little-endian bytes, and come back`() {
    let tensor = Tensor(
      bitPatterns: [0x0102, 0xFFFE] as [UInt16], elementType: .uint16, shape: [2])
    let bytes = tensor.bytes.withBytes { raw in unsafe raw.withUnsafeBytes { unsafe Array($0) } }
    #expect(bytes == [0x02, 0x01, 0xFE, 0xFF])
    #expect(tensor.bitPatterns(as: UInt16.self) == [0x0102, 0xFFFE])
    #expect(tensor.bitPatterns(as: Int16.self) == [0x0102, -2])
  }

  @Test(arguments: [0, 11, 13])
  func `bytes that do not fill the shape are refused`(count: Int) {
    #expect(
      throws: TensorError.byteCount(shape: "[3]", type: .float32, expected: 12, found: count)
    ) {
      try Tensor(
        elementType: .float32, shape: [3],
        bytes: TensorBytes([UInt8](repeating: 0, count: count)))
    }
  }

  @Test func `a part of a file is read at any offset`() throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write([9, 0, 0, 0x80, 0x3F, 9]))
      let tensor = try Tensor(
        elementType: .float32, shape: [], bytes: TensorBytes(of: file, in: 1..<5))
      #expect(tensor.floats() == FloatTensor(shape: [], values: [1]))
    }
  }

  @Test func `a part of a tensor's bytes is lent, from memory and from a file`() throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write([9, 1, 2, 3, 4, 9]))
      for bytes in [TensorBytes([1, 2, 3, 4]), TensorBytes(of: file, in: 1..<5)] {
        let part = bytes.withBytes(in: 1..<3) { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
        #expect(part == [2, 3])
      }
    }
  }

  @Test func `only the same type, shape and bytes are bit-identical`() {
    func tensor(_ bits: [UInt32], _ type: ElementType = .float32, _ shape: Shape = [2]) -> Tensor {
      Tensor(bitPatterns: bits, elementType: type, shape: shape)
    }
    let nan: UInt32 = 0x7FC0_0000
    #expect(tensor([0, nan]).isBitIdentical(to: tensor([0, nan])))
    #expect(!tensor([0, nan]).isBitIdentical(to: tensor([0x8000_0000, nan])))
    #expect(!tensor([0, nan]).isBitIdentical(to: tensor([0, nan], .uint32)))
    #expect(!tensor([0, nan]).isBitIdentical(to: tensor([0, nan], .float32, [2, 1])))
  }

  @Test func `a slice keeps the outermost dimension with extent 1, and stacking undoes it`() {
    let whole = FloatTensor(shape: [3, 2, 2], values: (0..<12).map(Float.init))
    #expect(whole.slice(1) == FloatTensor(shape: [1, 2, 2], values: [4, 5, 6, 7]))
    #expect(FloatTensor(stacking: (0..<3).map(whole.slice)) == whole)
    #expect(FloatTensor(stacking: [whole, whole]).shape == [6, 2, 2])
  }

  @Test func `two tensors of one name are refused, with the file of the second`() {
    let tensor = Tensor(FloatTensor(shape: [], values: [1]))
    #expect(throws: TensorError.duplicateName("a", source: "two")) {
      try TensorArchive([
        .init(name: "a", tensor: tensor, source: "one"),
        .init(name: "b", tensor: tensor, source: "one"),
        .init(name: "a", tensor: tensor, source: "two"),
      ])
    }
  }

  @Test func `an archive keeps its order and finds by name`() throws {
    let tensor = Tensor(FloatTensor(shape: [], values: [1]))
    let archive = try TensorArchive(["b", "a"].map { .init(name: $0, tensor: tensor) })
    #expect(archive.entries.map(\.name) == ["b", "a"])
    #expect(archive["a"]?.renamed("c").name == "c")
    #expect(archive["c"] == nil)
  }

  @Test func `numbers are rounded to every floating-point type and to no other`() throws {
    let numbers = FloatTensor(shape: [3], values: [1, 65_519, 0x1.01p0])
    let expected: [ElementType: [Double]] = [
      .float64: [1, 65_519, 0x1.01p0], .float32: [1, 65_519, 0x1.01p0],
      .float16: [1, 65_504, 0x1.01p0], .bfloat16: [1, 65_536, 1],
    ]
    for type in ElementType.allCases {
      #expect(Tensor(numbers, as: type)?.numbers(in: 0..<3) == expected[type])
    }
  }
}
