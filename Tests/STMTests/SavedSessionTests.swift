import Execution
import Images
import Models
import Quantization
import STMModel
import Safetensors
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import STM

@Suite struct SavedSessionTests {
  private static let network = STMNetwork(.tiny)
  private let source: Model
  private let model: STM.STMModel
  private let frames: [STMFrame]
  private let mask = ObjectMask(width: 17, height: 20, ids: (0..<340).map { UInt8($0 % 3) })

  init() throws {
    source = try Model.random()
    model = try .init(source, backend: ReferenceBackend(threads: 2))
    var generator = SeededGenerator(seed: 3)
    frames = (0..<8).map { _ in
      STMFrame(
        RGBImage(
          size: ImageSize(width: 17, height: 20),
          bytes: (0..<3 * 340).map { _ in UInt8.random(in: 0...255, using: &generator) }))
    }
  }

  /// A session of 5 frames, the third of which shows another object.
  private func session(
    _ policy: any MemoryPolicy = EveryNthFrame(2), of model: STM.STMModel? = nil
  ) throws -> STMSession {
    var session = (model ?? self.model).session(policy: policy)
    try session.remember(frames[0], mask)
    _ = try session.segment(frames[1])
    try session.remember(
      frames[2], ObjectMask(width: 17, height: 20, ids: (0..<340).map { $0 < 40 ? 9 : 0 }))
    for frame in frames[3..<5] { _ = try session.segment(frame) }
    return session
  }

  @Test(arguments: MemoryPolicyName.allCases)
  func `a saved session goes on to the same probabilities`(_ name: MemoryPolicyName) throws {
    try ScratchFolder.with { folder in
      let policy = name.policy(interval: 1, limit: .frames(5))
      var session = try session(policy)
      try session.save(to: folder.file("s"))
      var restored = try model.session(policy: policy, savedAt: folder.file("s"))
      #expect(restored.frameCount == 5)
      #expect(restored.objects == [1, 2, 9])
      for frame in frames[5...] {
        #expect(
          try restored.segment(frame).probabilities == (try session.segment(frame).probabilities))
      }
    }
  }

  @Test func `a session with nothing but its first frame can be saved`() throws {
    try ScratchFolder.with { folder in
      var session = model.session()
      #expect(throws: STMError.nothingRemembered) { try session.save(to: folder.file("s")) }
      try session.remember(frames[0], mask)
      try session.save(to: folder.file("s"))
      var restored = try model.session(savedAt: folder.file("s"))
      #expect(restored.frameCount == 1)
      #expect(
        try restored.segment(frames[1]).mask == (try session.segment(frames[1]).mask))
    }
  }

  @Test(arguments: [Precision.bfloat16, .w8])
  func `a session of a model in other precisions goes on, too`(_ precision: Precision) throws {
    let plan = PrecisionPlan(precision)
    let model = try STM.STMModel(
      Model(Self.network, plan: plan, weights: source.quantized(by: plan), path: "quantized"),
      backend: ReferenceBackend(threads: 2))
    try ScratchFolder.with { folder in
      var session = try session(of: model)
      try session.save(to: folder.file("s"))
      var restored = try model.session(policy: EveryNthFrame(2), savedAt: folder.file("s"))
      #expect(
        try restored.segment(frames[5]).probabilities
          == (try session.segment(frames[5]).probabilities))
    }
  }

  @Test func `a session of another model, policy, read or note is refused by what differs`() throws
  {
    try ScratchFolder.with { folder in
      try session().save(to: folder.file("s"), note: "a")
      let other = try STM.STMModel(
        Model.random(seed: 2, path: "other"), backend: ReferenceBackend(threads: 2))
      let fewer = try STM.STMModel(source, backend: ReferenceBackend(threads: 2), topK: 3)
      let cases: [(STM.STMModel, EveryNthFrame, String, String)] = [
        (other, EveryNthFrame(2), "a", "model"), (model, EveryNthFrame(3), "a", "memory"),
        (fewer, EveryNthFrame(2), "a", "top-k"), (model, EveryNthFrame(2), "b", "note"),
      ]
      for (model, policy, note, noun) in cases {
        let error = #expect(throws: STMError.self) {
          try model.session(policy: policy, savedAt: folder.file("s"), note: note)
        }
        guard case .otherSession(_, noun, _, _) = error else {
          Issue.record("\(noun): \(String(describing: error))")
          continue
        }
      }
    }
  }

  /// A tensor that is not there, or what is there in its place.
  @Test(
    arguments: [
      ("objects", nil), ("session", nil), ("frame", nil), ("0", nil), ("0.0.key", nil),
      ("1.0.value", nil), ("session", [4, 0, 1 << 39]), ("session", [0, 0, 2]),
      ("session", [4, 3, 2]), ("objects", [1, 2, 300]), ("objects", [1, 2, 2]),
      ("objects", [1, 2, 0]),
      ("0", [0, 2, 0]), ("0", [0, 2, 1 << 39]), ("0", [1, 2, 3]), ("0", [0, 3, 3]),
      ("1", [1, 3, 2]),
      ("0.0", [9, 0, 0]), ("0.0", [-1, 0, 0]), ("0.0", [0, 0, 2]),
    ] as [(String, [Int64]?)])
  func `a damaged session is refused by the tensor`(_ name: String, _ values: [Int64]?) throws {
    try ScratchFolder.with { folder in
      try session().save(to: folder.file("s"))
      let archive = try SafetensorsFile.read(folder.file("s"))
      let entries = archive.entries.compactMap { entry -> TensorArchive.Entry? in
        guard entry.name == name else { return entry }
        return values.map {
          .init(
            name: name,
            tensor: Tensor(bitPatterns: $0, elementType: .int64, shape: [$0.count]))
        }
      }
      #expect(entries.count + (values == nil ? 1 : 0) == archive.entries.count)
      try SafetensorsFile.write(
        try TensorArchive(entries, metadata: archive.metadata), to: folder.file("damaged"))
      #expect(throws: STMError.self) {
        try model.session(policy: EveryNthFrame(2), savedAt: folder.file("damaged"))
      }
    }
  }

  @Test func `entries of another size than the frame are refused`() throws {
    try ScratchFolder.with { folder in
      try session().save(to: folder.file("s"))
      let archive = try SafetensorsFile.read(folder.file("s"))
      let entries = archive.entries.map { entry -> TensorArchive.Entry in
        guard entry.name == "0.1.key" else { return entry }
        let shape = entry.shape
        return .init(
          name: entry.name,
          tensor: Tensor(
            FloatTensor(zeros: [shape[0], shape[1], shape[2] + 1, shape[3]])))
      }
      try SafetensorsFile.write(
        try TensorArchive(entries, metadata: archive.metadata), to: folder.file("damaged"))
      #expect(
        throws: STMError.damagedSession(path: folder.file("damaged"), tensor: "0.1.key")
      ) { try model.session(policy: EveryNthFrame(2), savedAt: folder.file("damaged")) }
    }
  }
}
