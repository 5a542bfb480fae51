import Mapping
import Tensors
import TestSupport
import Testing

/// Networks that were trained on frames whose first colour is blue.
@Suite struct ChannelOrderTests {
  private static let byColour = ["Encoder_M", "Encoder_Q"].flatMap { encoder in
    ["conv1.weight", "mean", "std"].map { "\(encoder).\($0)" }
  }

  /// The tiny network with ImageNet's mean, in this order.
  private func export(isReversed: Bool) throws -> [TensorArchive.Entry] {
    let mean: [Float] = isReversed ? [0.406, 0.456, 0.485] : [0.485, 0.456, 0.406]
    return try Export.entries().map { entry in
      entry.name.hasSuffix(".mean")
        ? .init(
          name: entry.name, tensor: Tensor(FloatTensor(shape: [1, 3, 1, 1], values: mean)))
        : entry
    }
  }

  @Test func `a mean of blue, green and red is refused with both ways out`() throws {
    let mapped = try Export.map(export(isReversed: true))
    #expect(
      mapped.audit.problems.texts
        == ["Encoder_M", "Encoder_Q"].map {
          "tensor '\($0).mean': expected a mean of red, green and blue, found ImageNet's of blue, "
            + "green and red in '\($0).mean' in stm.safetensors"
        })
    let error = MappingError.misfit(sources: ["x"], problems: mapped.audit.problems)
    #expect(error.hint.contains(": --channels bgr;") && error.hint.hasSuffix(": --channels rgb"))
    #expect(try Export.map(export(isReversed: false)).audit.isClean)
  }

  @Test func `what is by colour is turned around, and nothing else`() throws {
    let entries = try export(isReversed: true)
    for order in ChannelOrder.allCases {
      var options = MappingOptions()
      options.channels = order
      let mapped = try Export.map(entries, options: options)
      #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
      for entry in entries where entry.elementType == .float32 {
        let found = try mapped.weights.floats(entry.name)
        let turns = order == .bgr && Self.byColour.contains(entry.name)
        #expect(
          try found.values.elementsEqual(
            turns ? entry.floats().reversed(axis: 1).values : entry.floats().values))
      }
      let turned = mapped.audit.matches.filter { $0.transforms.contains(.reverse(axis: 1)) }
      #expect(turned.map(\.parameter).sorted() == (order == .bgr ? Self.byColour : []))
    }
  }

  @Test func `an axis turned around twice is as it was`() {
    let tensor = FloatTensor(shape: [2, 3, 1, 2], values: (0..<12).map(Float.init))
    let reversed = tensor.reversed(axis: 1)
    #expect(reversed.values == [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7])
    #expect(reversed.reversed(axis: 1) == tensor)
  }
}
