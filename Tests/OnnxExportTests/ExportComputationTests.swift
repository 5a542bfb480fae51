import OnnxFiles
import Quantization
import Tensors
import TestSupport
import Testing

/// What exported graphs compute, in the interpreter that ONNX's own tests prove.
@Suite struct ExportComputationTests {
  /// The outputs of two runs side by side.
  private func pairs(
    _ own: [String: [String: FloatTensor]], _ exported: [String: [String: FloatTensor]]
  ) throws -> [(name: String, own: FloatTensor, exported: FloatTensor)] {
    #expect(own.count == 3)
    return try own.flatMap { graph, outputs in
      #expect(Set(outputs.keys) == Set(try #require(exported[graph]).keys))
      return try outputs.map { name, value in
        let other = try #require(exported[graph]?[name])
        #expect(other.shape == value.shape, "\(graph).\(name)")
        return ("\(graph).\(name)", value, other)
      }
    }
  }

  @Test(arguments: [false, true])
  func `fp32 graphs compute what the programs compute`(foldsBatchNorms: Bool) throws {
    let tiny = try TinyExport(.float32)
    let exported = try tiny.run(try tiny.export(foldsBatchNorms: foldsBatchNorms))
    for (name, own, other) in try pairs(tiny.run(), exported) {
      #expect(other.relativeError(to: own) < 1e-5, "\(name)")
    }
  }

  @Test(arguments: Array(OnnxDocument.operatorSets), [Precision.float32, .bfloat16, .int8])
  func `every operator set that can be named computes the same`(
    operatorSet: Int, precision: Precision
  ) throws {
    let tiny = try TinyExport(precision)
    let expected = try tiny.run(try tiny.export())
    let found = try tiny.run(try tiny.export(operatorSet: operatorSet))
    for (name, first, second) in try pairs(expected, found) {
      #expect(first.bits == second.bits, "\(name)")
    }
  }

  @Test(arguments: [(Precision.float16, Float(2e-3)), (.bfloat16, 2e-2)])
  func `graphs of 16 bits round where the programs round`(
    precision: Precision, tolerance: Float
  ) throws {
    let tiny = try TinyExport(precision)
    let wide = try TinyExport(.float32).run()
    for (name, own, exported) in try pairs(tiny.run(), tiny.run(try tiny.export())) {
      #expect(exported.relativeError(to: own) < tolerance, "\(name)")
      let parts = name.split(separator: ".").map(String.init)
      let unrounded = try #require(wide[parts[0]]?[parts[1]])
      #expect(exported.bits != unrounded.bits, "\(name)")
    }
  }

  @Test func `w8 graphs widen their weights and compute what the programs compute`() throws {
    let tiny = try TinyExport(.w8)
    for (name, own, exported) in try pairs(tiny.run(), tiny.run(try tiny.export())) {
      #expect(exported.relativeError(to: own) < 1e-5, "\(name)")
    }
  }

  @Test func `int8 graphs hold the integers that the programs hold`() throws {
    let tiny = try TinyExport(.int8)
    let wide = try TinyExport(.float32).run()
    for (name, own, exported) in try pairs(tiny.run(), tiny.run(try tiny.export())) {
      let equal = zip(own.values, exported.values).count { $0 == $1 }
      let isQuantized = name.hasSuffix(".r2") || name.hasSuffix(".r3")
      if isQuantized { #expect(Double(equal) >= 0.99 * Double(own.values.count), "\(name)") }
      let parts = name.split(separator: ".").map(String.init)
      let unrounded = try #require(wide[parts[0]]?[parts[1]])
      #expect(
        exported.relativeError(to: own) < 0.5 * unrounded.relativeError(to: own), "\(name)")
    }
  }
}
