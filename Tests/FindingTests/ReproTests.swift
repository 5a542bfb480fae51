import Execution
import Foundation
import Models
import Quantization
import Tensors
import TestSupport
import Testing
import Verification

@testable import Finding

@Suite struct ReproTests {
  private static let layers = [
    "Encoder_M.conv1", "Encoder_M.concatenate", "Encoder_Q.res3.0.conv3", "Encoder_Q.maxpool",
    "KV_M_r4.Key", "Memory.read", "Memory.concatenate", "Decoder.RF2.ResMM.conv2", "Decoder.pred2",
  ]

  @Test(arguments: [Precision.float16, .bfloat16, .w8, .int8])
  func `a case has the errors of isolated mode to the last bit, and alone makes the same bytes`(
    precision: Precision
  ) throws {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(precision))
    let backend = try TinyNetwork.backend.get()
    let whole = try ClipVerification(
      reference: reference, candidate: candidate, clip: try TinyNetwork.clip.get(),
      backends: (backend, backend), criteria: ClipCriteria(gates: []))
    for name in Self.layers {
      let layer = try #require(whole.layers.first { $0.name == name || $0.covers.contains(name) })
      for (frame, expected) in layer.isolated.frames.map({ ($0.index, $0) }) {
        let repro = try self.repro(name, frame, reference, candidate)
        #expect(repro.layer == layer.name && repro.program == layer.program)
        #expect(repro.recorded.isolated.total == expected.metrics, "\(name)")
        #expect(repro.recorded.isolated.distribution == expected.distribution, "\(name)")
        #expect(repro.recorded.tolerance == layer.tolerance)
        let read = try written(repro)
        let outcome = try read.run(on: (backend, backend))
        #expect(outcome.isSameCandidate && outcome.isSameReference, "\(name), frame \(frame)")
        #expect(outcome.error.isolated.total == expected.metrics, "\(name)")
        #expect(outcome.error.contributionSQNR == repro.recorded.contributionSQNR)
        #expect(outcome.error.passes == repro.recorded.passes)
      }
    }
  }

  @Test func `a case runs in plain loops as well`() throws {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(.int8))
    let plain = ReferenceBackend(threads: 1)
    let read = try written(try repro("Decoder.RF2.ResMM.conv2", 2, reference, candidate))
    let outcome = try read.run(on: (plain, plain))
    #expect(outcome.isSameCandidate)
    #expect(
      abs(outcome.error.isolated.total.sqnr - read.recorded.isolated.total.sqnr) < 0.01)
  }

  @Test func `a planted defect fails alone, and once it is mended passes`() throws {
    let reference = try TinyNetwork.model()
    let spoiled = try reference.changing("Decoder.convFM.weight") { $0 * 1.02 }
    try ScratchFolder.with { folder in
      let path = folder.file("case")
      try repro("Decoder.convFM", 1, reference, spoiled).write(to: path)
      let backend = try TinyNetwork.backend.get()
      #expect(try !ReproCase(path: path).run(on: (backend, backend)).error.passes)
      try FileManager.default.removeItem(atPath: "\(path)/candidate.safetensors")
      try FileManager.default.copyItem(
        atPath: "\(path)/reference.safetensors", toPath: "\(path)/candidate.safetensors")
      let mended = try ReproCase(path: path).run(on: (backend, backend))
      #expect(mended.error.passes && !mended.isSameCandidate)
      #expect(mended.error.isolated.total.maximumError == 0)
    }
  }

  @Test func `a case holds no more of the models than the layer`() throws {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(.int8))
    let repro = try repro("KV_Q_r4.Key", 1, reference, candidate)
    #expect(
      repro.reference.weights.entries.map(\.name) == ["KV_Q_r4.Key.weight", "KV_Q_r4.Key.bias"])
    #expect(
      repro.candidate.weights.entries.allSatisfy { entry in
        ["KV_Q_r4.", "Encoder_Q."].contains { entry.name.hasPrefix($0) }
      })
    #expect(repro.candidate.weights.entries.count < 12)
  }

  @Test func `layers and frames that are not there are refused`() throws {
    let model = try TinyNetwork.model()
    #expect(throws: FindingError.self) { try repro("Decoder.convFN", 1, model, model) }
    #expect(
      throws: FindingError.frame(layer: "Decoder.convFM", expected: "1 to 2", found: 0)
    ) { try repro("Decoder.convFM", 0, model, model) }
    #expect(throws: FindingError.frame(layer: "KV_M_r4.Key", expected: "0 to 1", found: 2)) {
      try repro("KV_M_r4.Key", 2, model, model)
    }
  }

  /// What is done to a file of a case, and what is said of it.
  @Test(arguments: [
    ("case.json", "{", "found something that is not JSON"), ("case.json", "{}", "found no key '"),
    ("case.json", nil, "case.json"), ("values.safetensors", nil, "values.safetensors"),
    ("candidate.safetensors", nil, "candidate.safetensors"),
  ])
  func `a case that cannot be read is refused by its file`(
    name: String, text: String?, problem: String
  ) throws {
    try ScratchFolder.with { folder in
      let model = try TinyNetwork.model()
      try repro("Decoder.pred2", 1, model, model).write(to: folder.file("case"))
      if let text {
        try folder.write(Array(text.utf8), to: "case/\(name)")
      } else {
        try FileManager.default.removeItem(atPath: folder.file("case/\(name)"))
      }
      let error = #expect(throws: (any Error).self) { try ReproCase(path: folder.file("case")) }
      #expect("\(try #require(error))".contains(problem))
    }
  }

  @Test(arguments: [
    ("\"format\" : 1", "\"format\" : 2", "format: expected 1, found 2"),
    ("\"layer\" : \"Decoder.pred2\"", "\"layer\" : \"Decoder.pred9\"", "found 'Decoder.pred9'"),
    ("\"frame\" : 1", "\"frame\" : \"one\"", "found another type at 'frame'"),
    ("\"trunkWidth\" : 2", "\"trunkWidth\" : -2", "expected positive numbers"),
    ("\"frame\" : 1", "\"frame\" : -1", "expected positive numbers"),
    (
      "\"layer\" : \"Decoder.pred2\"", "\"layer\" : \"Decoder.convFM\"",
      "expected tensor 'Decoder.convFM"
    ),
  ])
  func `a case that says something else is refused`(
    old: String, new: String, problem: String
  ) throws {
    try ScratchFolder.with { folder in
      let model = try TinyNetwork.model()
      try repro("Decoder.pred2", 1, model, model).write(to: folder.file("case"))
      let text = String(decoding: try folder.bytes(of: "case/case.json"), as: UTF8.self)
      #expect(text.contains(old))
      try folder.write(Array(text.replacing(old, with: new).utf8), to: "case/case.json")
      let error = #expect(throws: (any Error).self) { try ReproCase(path: folder.file("case")) }
      #expect("\(try #require(error))".contains(problem))
    }
  }

  @Test func `a file in place of a folder, and weights of another layer, are refused by name`()
    throws
  {
    try ScratchFolder.with { folder in
      let model = try TinyNetwork.model()
      try repro("Decoder.pred2", 1, model, model).write(to: folder.file("case"))
      let file = folder.file("case/case.json")
      #expect(
        throws: FindingError.repro(
          path: file, problem: "expected the folder of a case, found a file")
      ) { try ReproCase(path: file) }
      try repro("Decoder.convFM", 1, model, model).write(to: folder.file("other"))
      let weights = folder.file("case/candidate.safetensors")
      try folder.write(
        Array(try folder.bytes(of: "other/candidate.safetensors")),
        to: "case/candidate.safetensors")
      let error = #expect(throws: FindingError.self) { try ReproCase(path: folder.file("case")) }
      #expect("\(try #require(error))".hasPrefix("\(weights): "))
    }
  }

  @Test func `values that do not fit the layer are refused`() throws {
    try ScratchFolder.with { folder in
      let model = try TinyNetwork.model()
      let pred = try repro("Decoder.pred2", 1, model, model)
      try pred.write(to: folder.file("case"))
      try repro("Decoder.convFM", 1, model, model).write(to: folder.file("other"))
      try FileManager.default.removeItem(atPath: folder.file("case/values.safetensors"))
      try FileManager.default.copyItem(
        atPath: folder.file("other/values.safetensors"),
        toPath: folder.file("case/values.safetensors"))
      #expect(
        throws: FindingError.repro(
          path: folder.file("case/values.safetensors"),
          problem: "expected tensor 'input/Decoder.relu', found none")
      ) { try ReproCase(path: folder.file("case")) }
    }
  }

  @Test func `the same case has the same bytes, and is written to no folder with files`() throws {
    let model = try TinyNetwork.model()
    let half = try TinyNetwork.quantized(model, by: PrecisionPlan(.float16))
    try ScratchFolder.with { folder in
      for name in ["a", "b"] {
        try repro("Decoder.pred2", 1, model, half).write(to: folder.file(name))
      }
      for file in ReproCase.File.allCases {
        #expect(
          try folder.bytes(of: "a/\(file.rawValue)") == folder.bytes(of: "b/\(file.rawValue)"))
      }
      #expect(throws: FindingError.folder(path: folder.file("a"))) {
        try ReproCase.check(folder.file("a"))
      }
      try ReproCase.check(folder.file("c"))
    }
  }

  private func repro(
    _ name: String, _ frame: Int, _ reference: Model, _ candidate: Model
  ) throws -> ReproCase {
    let backend = try TinyNetwork.backend.get()
    return try ReproCase(
      of: name, frame: frame, reference: reference, candidate: candidate,
      clip: try TinyNetwork.clip.get(), backends: (backend, backend), arithmetic: .exact,
      criteria: ClipCriteria(gates: []))
  }

  /// `repro` as it is read from a folder that it was written to.
  private func written(_ repro: ReproCase) throws -> ReproCase {
    var read: ReproCase?
    try ScratchFolder.with { folder in
      try repro.write(to: folder.file("case"))
      read = try ReproCase(path: folder.file("case"))
    }
    return try #require(read)
  }
}
