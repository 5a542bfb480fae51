import Execution
import Networks
import Quantization
import Tensors
import TestSupport
import Testing

@testable import OneDNNBackend

@Suite struct ReplacementTests {
  @Test(arguments: Precision.allCases.filter { $0 != .int8 || OneDNNBackend.runsIntegers })
  func `steps read what replaces values, rounded to their storage`(precision: Precision) throws {
    let clip = try TinyClip(precision, height: 16, width: 32)
    let bound = clip.programs[2]
    let inputs = try clip.decoderInputs(frames: 2, on: ReferenceBackend(threads: 2))
    var generator = SeededGenerator(seed: 9)
    var (replacements, seen): ([String: FloatTensor], [String: FloatTensor]) = ([:], [:])
    let compiled = try OneDNNBackend(threads: 2).compile(bound)
    _ = try compiled.run(
      inputs,
      taps: Taps(Set(bound.program.steps.map(\.name))) { name, value in
        replacements[name] = .random(value.shape, in: -3...3, using: &generator)
      })
    let outputs = try compiled.run(
      inputs,
      taps: Taps(
        Set(bound.program.steps.map(\.name)), replacingWith: { replacements[$0] },
        receive: { seen[$0] = $1 }))
    let given = inputs.merging(replacements) { first, _ in first }
    let tolerance: Float = [.float16: 2e-3, .bfloat16: 1e-2, .int8: 1e-2][precision] ?? 1e-5
    for step in bound.program.steps {
      let operands = try step.inputs.map { try #require(given[$0]) }
      let alone = try compiled.run(step: step.name, inputs: operands)
      let found = try #require(seen[step.name])
      #expect(found.relativeError(to: alone) <= tolerance, "\(step.name)")
    }
    let logits = try #require(replacements["Decoder.upsample"])
    let expected = logits.values.map(bound.storage(of: "Decoder.upsample").rounded)
    #expect(outputs["logits"]?.values == expected)
  }

  @Test func `a replacement of another shape is refused with its step`() throws {
    let clip = try TinyClip(.float32, height: 16, width: 16)
    for backend in [try OneDNNBackend(threads: 1) as any Backend, ReferenceBackend(threads: 1)] {
      let compiled = try backend.compile(clip.programs[1])
      #expect(
        throws: ExecutionError.replacement(
          step: "Encoder_Q.relu", expected: [1, 16, 8, 8], found: [1, 3, 16, 8])
      ) {
        try compiled.run(
          ["frame": clip.frame],
          taps: Taps(
            [], replacingWith: { _ in FloatTensor(zeros: [1, 3, 16, 8]) }, receive: { _, _ in }))
      }
    }
  }

  @Test func `what is not replaced stays`() throws {
    let clip = try TinyClip(.float32, height: 16, width: 16)
    let compiled = try OneDNNBackend(threads: 1).compile(clip.programs[1])
    let expected = try compiled.run(["frame": clip.frame])
    let found = try compiled.run(
      ["frame": clip.frame], taps: Taps([], replacingWith: { _ in nil }, receive: { _, _ in }))
    #expect(found == expected)
  }
}
