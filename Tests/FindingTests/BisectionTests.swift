import Foundation
import Models
import Networks
import Quantization
import STMModel
import Segmentation
import Tensors
import TestSupport
import Testing
import Verification

@testable import Finding

@Suite struct BisectionTests {
  @Test(arguments: [Precision.float16, .bfloat16, .w8, .int8])
  func `with every part kept a candidate computes what the reference does`(precision: Precision)
    throws
  {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(precision))
    let mixed = try MixedModels(reference: reference, candidate: candidate)
    let wide = try masks(mixed.model(keeping: Set(mixed.parts)))
    let expected = try masks(reference)
    // Channels that were scaled come back with a rounding.
    #expect(precision == .int8 ? wide.relativeError(to: expected) < 1e-5 : wide == expected)
    #expect(try masks(candidate) != expected)
    let inputs = mixed.parts.filter { $0 == .inputs }.count
    #expect(inputs == (precision == .float16 || precision == .bfloat16 ? 1 : 0))
  }

  @Test func `with no part kept it is the candidate, and with any one it has a valid file`() throws
  {
    let reference = try TinyNetwork.model()
    let plan = PrecisionPlan(
      .int8, exceptions: ["Decoder.pred2": .float16, "Decoder.convFM": .w8],
      memories: ["memory_keys": .int8, "memory_values": .float16])
    for plan in [PrecisionPlan(.int8), plan, PrecisionPlan(.float16)] {
      let candidate = try TinyNetwork.quantized(reference, by: plan)
      let mixed = try MixedModels(reference: reference, candidate: candidate)
      #expect(mixed.plan(keeping: []) == plan)
      for part in mixed.parts {
        let model = try mixed.model(keeping: [part])
        for graph in model.network.graphs { _ = try model.deployed(graph) }
        guard case .layer(let layer) = part else { continue }
        let step = try #require(
          model.network.deployedPrograms.flatMap(\.steps).first { $0.layer == layer })
        #expect(model.plan[step] == .float32)
      }
    }
  }

  @Test func `a kept layer of an int8 model has the weights that the fp32 model would give it`()
    throws
  {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(.int8))
    let kept = try MixedModels(reference: reference, candidate: candidate).model(keeping: [
      .layer("Decoder.RF3.convFS"), .layer("Encoder_M.conv1"),
    ])
    let asked = try TinyNetwork.quantized(
      reference,
      by: PrecisionPlan(
        .int8, exceptions: ["Decoder.RF3.convFS": .float32, "Encoder_M.conv1": .float32]))
    #expect(kept.plan == asked.plan)
    #expect(try kept.fingerprint == asked.fingerprint)
  }

  @Test func `a gate that needs exactly two layers wide finds these two`() throws {
    let reference = try TinyNetwork.model()
    let spoiled = ["Decoder.convFM", "Encoder_Q.res3.0.conv2"]
    let harmless = ["Decoder.pred2", "KV_M_r4.Key", "Encoder_M.conv1"]
    var candidate = reference
    for (layers, factor) in [(spoiled, 2), (harmless, 1 + 0x1p-20)] as [([String], Float)] {
      for layer in layers {
        candidate = try candidate.changing("\(layer).weight") { $0 * factor }
      }
    }
    let bisection = try bisect(
      reference, candidate, .gates([try Gate("sqnr(Decoder.upsample) >= 60")]))
    #expect(bisection.parts.count == 5)
    #expect(
      Set(try #require(bisection.kept).map(\.part)) == Set(spoiled.map { .layer($0) }))
    #expect(bisection.isMinimal)
    #expect(bisection.gates.map(\.passes) == [true])
    #expect(bisection.kept?.allSatisfy { $0.without == .fails } == true)
    #expect(bisection.runs.prefix(2).map(\.verdict) == [.fails, .holds])
    #expect(bisection.runs.prefix(2).map(\.kept) == [0, 5])
    for layer in spoiled {
      #expect(
        try bisection.model.weights.floats("\(layer).weight").values
          == reference.folded("\(layer).weight").values)
    }
    let step = try #require(bisection.kept?.first?.contributionSQNR)
    #expect(step < 10 && bisection.kept?.count == 2)
  }

  @Test func `layers of a real quantization are given up until the gate breaks`() throws {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(.float16))
    let gate = try Gate("sqnr(Decoder.upsample) >= 75")
    let bisection = try bisect(reference, candidate, .gates([gate]), runs: 40)
    let kept = try #require(bisection.kept)
    #expect(!kept.isEmpty && kept.count < bisection.parts.count && bisection.runs.count <= 40)
    let again = try ClipVerification(
      reference: reference, candidate: bisection.model, clip: try TinyNetwork.clip.get(),
      backends: (try TinyNetwork.backend.get(), try TinyNetwork.backend.get()),
      criteria: ClipCriteria(gates: [gate]))
    #expect(again.passesGates)
    if bisection.isMinimal {
      let mixed = try MixedModels(reference: reference, candidate: candidate)
      for part in kept {
        let less = try mixed.model(keeping: Set(kept.map(\.part)).subtracting([part.part]))
        let result = try ClipVerification(
          reference: reference, candidate: less, clip: try TinyNetwork.clip.get(),
          backends: (try TinyNetwork.backend.get(), try TinyNetwork.backend.get()),
          criteria: ClipCriteria(gates: [gate]))
        #expect(!result.passesGates, "\(part.part)")
      }
    }
  }

  @Test func `a candidate that will do as it is needs nothing, and none helps what never will`()
    throws
  {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(.float16))
    let easy = try bisect(reference, candidate, .gates([try Gate("sqnr(**) >= -100")]))
    #expect(easy.kept?.isEmpty == true && easy.runs.count == 1)
    #expect(easy.model.plan == candidate.plan)
    let never = try bisect(reference, candidate, .gates([try Gate("iou(mean) > 1")]))
    #expect(never.kept == nil && never.runs.count == 2 && !never.isMinimal)
  }

  @Test func `a search ends when no more questions are allowed`() throws {
    let reference = try TinyNetwork.model()
    let candidate = try TinyNetwork.quantized(reference, by: PrecisionPlan(.float16))
    let bisection = try bisect(
      reference, candidate, .gates([try Gate("sqnr(**) >= 300")]), runs: 3)
    #expect(bisection.runs.count == 3 && !bisection.isMinimal)
    #expect(bisection.kept?.count == bisection.parts.count)
  }

  @Test(arguments: [
    ("exit 0", DeltaDebugging.Outcome.holds), ("exit 1", .fails), ("exit 124", .fails),
    ("exit 125", .unresolved), ("test -f", .holds), ("test ! -f {}", .fails),
    ("test -f {} -a {} = {}", .holds),
  ])
  func `a command says so by its exit code`(command: String, expected: DeltaDebugging.Outcome)
    throws
  {
    try ScratchFolder.with { folder in
      let path = try folder.write([1], to: "a model's {file}")
      let judge = CommandJudge(command.hasPrefix("exit") ? "\(command) #" : command, isQuiet: true)
      #expect(try judge.outcome(of: path) == expected)
    }
  }

  @Test(arguments: [
    ("exit 126 #", "exit code 126"), ("exit 255 #", "exit code 255"), ("kill -9 $$ #", "signal 9"),
    ("/no/such/command", "exit code 127"),
  ])
  func `a command that does anything else ends the search`(command: String, found: String) throws {
    #expect(throws: FindingError.judge(command: command, found: found)) {
      try CommandJudge(command, isQuiet: true).outcome(of: "model")
    }
  }

  @Test func `layers are kept as in a binary32 model, and no other`() throws {
    let reference = try TinyNetwork.model()
    let half = try TinyNetwork.quantized(reference, by: PrecisionPlan(.float16))
    #expect(throws: FindingError.notWide(path: "fp16", found: "fp16")) {
      try MixedModels(reference: half, candidate: half)
    }
    let other = try TinyNetwork.model(
      configuration: STMConfiguration(
        trunkWidth: 2, blocks: [1, 1, 1], keyChannels: 4, valueChannels: 6, decoderChannels: 4,
        residual: .rectified))
    #expect(throws: FindingError.self) {
      try MixedModels(reference: reference, candidate: other)
    }
  }

  private func bisect(
    _ reference: Model, _ candidate: Model, _ judge: Bisection.Judge, runs: Int = 64
  ) throws -> Bisection {
    let backend = try TinyNetwork.backend.get()
    return try Bisection(
      reference: reference, candidate: candidate, clip: try TinyNetwork.clip.get(),
      backends: (backend, backend), judge: judge, maximumRuns: runs, write: { _, _ in })
  }

  /// The probabilities of the last frame that `model` segments.
  private func masks(_ model: Model) throws -> FloatTensor {
    let clip = try TinyNetwork.clip.get()
    let network = try CompiledNetwork(model, backend: TinyNetwork.backend.get())
    var segmentation = VideoSegmentation(network, height: clip.height, width: clip.width)
    var probabilities = clip.firstMask.probabilities(of: clip.objects)
    for index in 1..<clip.frameCount {
      try segmentation.memorize(frame: try clip.frame(index - 1), probabilities: probabilities)
      probabilities = try segmentation.segment(frame: try clip.frame(index)).probabilities
    }
    return probabilities
  }
}

extension ClipVerification {
  fileprivate var passesGates: Bool { gates.allSatisfy(\.passes) }
}

extension Model {
  /// The folded binary32 tensor called `name`.
  fileprivate func folded(_ name: String) throws -> FloatTensor {
    let entries = try network.deployedPrograms.flatMap {
      try $0.tensors(of: weights, in: PrecisionPlan(.float32))
    }
    return try TensorArchive(entries).floats(name)
  }
}
