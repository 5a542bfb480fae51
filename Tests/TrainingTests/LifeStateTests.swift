import Files
import Safetensors
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct LifeStateTests {
  @Test func `a training that goes on from a checkpoint ends as one without interruption`() throws {
    try ScratchFolder.with { folder in
      for averages in [true, false] {
        var whole = try LifeFixture(averages: averages)
        whole.train(to: 9, scores: [2: 0.5, 4: 0.25])
        var first = try LifeFixture(averages: averages)
        first.train(to: 5, scores: [2: 0.5, 4: 0.25])
        try first.state.write(to: folder.file("a.safetensors"))
        var second = try LifeFixture(averages: averages)
        try second.state.resume(from: folder.file("a.safetensors"))
        #expect(second.state == first.state)
        second.train(to: 9)
        #expect(second.state == whole.state)
        #expect(second.state.best == BestValidation(step: 2, overall: 0.5, since: 1))
      }
    }
  }

  @Test func `the same state is the same bytes`() throws {
    try ScratchFolder.with { folder in
      for name in ["a", "b"] {
        var training = try LifeFixture()
        training.train(to: 3)
        try training.state.write(to: folder.file(name))
      }
      let (first, second) = (try folder.bytes(of: "a"), try folder.bytes(of: "b"))
      #expect(first == second)
    }
  }

  @Test func `a checkpoint of another model or other settings is refused with all that differs`()
    throws
  {
    try ScratchFolder.with { folder in
      var other = try LifeFixture(seed: 8, batch: 2, model: "4567", averages: false)
      other.train(to: 1)
      try other.state.write(to: folder.file("a"))
      var training = try LifeFixture()
      let before = training.state
      let error = #expect(throws: TrainingError.self) {
        try training.state.resume(from: folder.file("a"))
      }
      #expect(
        error?.lines == [
          "\(folder.file("a")): checkpoint of another training",
          "model: expected 0123, found 4567", "batch: expected 4, found 2",
          "seed: expected 7, found 8", "average of the weights: expected one, found none",
        ])
      #expect(error?.fault == .malformedInput && training.state == before)
    }
  }

  @Test func `a setting that is new or gone is a difference`() throws {
    let settings = try TrainingSettings(["a": 1, "b": ["x": 2.5, "y": 3]])
    let found = try TrainingSettings(["a": 1, "b": ["x": 2.5], "c": [true]])
    #expect(
      settings.differences(from: found).map(\.description) == [
        "b.y: expected 3, found none", "c.0: expected none, found true",
      ])
    #expect(settings.differences(from: settings).isEmpty)
  }

  /// Writes a checkpoint whose tensors and metadata `change` has changed, and tries to resume.
  private func refusal(
    _ change: (inout [TensorArchive.Entry], inout [String: String]) throws -> Void
  ) throws -> [String] {
    try ScratchFolder.with { folder in
      var training = try LifeFixture()
      training.train(to: 2)
      try training.state.write(to: folder.file("good"))
      let archive = try SafetensorsFile.read(folder.file("good"))
      var (entries, metadata) = (archive.entries, archive.metadata)
      try change(&entries, &metadata)
      try SafetensorsFile.write(
        try TensorArchive(entries, metadata: metadata), to: folder.file("bad"))
      var fresh = try LifeFixture()
      let error = #expect(throws: TrainingError.self) {
        try fresh.state.resume(from: folder.file("bad"))
      }
      return (error?.lines ?? []).map { $0.replacing("\(folder.file("bad")): ", with: "") }
    }
  }

  @Test func `tensors that are missing, misshapen or too many are all named`() throws {
    let lines = try refusal { entries, _ in
      entries.removeAll { $0.name == "weights.conv.bias" || $0.name == "average.conv.weight" }
      entries.append(
        .init(name: "average.conv.weight", tensor: Tensor(FloatTensor(zeros: [1, 2, 1, 1]))))
      entries.append(.init(name: "weights.fc.weight", tensor: Tensor(FloatTensor(zeros: [1]))))
    }
    #expect(
      lines == [
        "checkpoint of another training",
        "tensor 'average.conv.weight': expected F32 [2, 1, 1, 1], found F32 [1, 2, 1, 1]",
        "tensor 'weights.conv.bias': expected F32 [1], found none",
        "tensor 'weights.fc.weight': expected none, found F32 [1]",
      ])
  }

  @Test func `numbers that no training can have are refused`() throws {
    let lines = try refusal { entries, _ in
      func replace(_ name: String, _ values: [Float]) {
        entries.removeAll { $0.name == name }
        entries.append(
          .init(name: name, tensor: Tensor(FloatTensor(shape: [values.count], values: values))))
      }
      replace("weights.conv.bias", [.nan])
      replace("optimizer.second.conv.bias", [-1])
    }
    #expect(
      lines == [
        "malformed checkpoint",
        "tensor 'optimizer.second.conv.bias': expected mean squares, found less than 0 at 0",
        "tensor 'weights.conv.bias': expected finite numbers, found another at 0",
      ])
  }

  @Test func `a file that is no checkpoint is refused`() throws {
    let lines = try refusal { _, metadata in metadata = [:] }
    #expect(
      lines == [
        "malformed checkpoint: metadata 'stm.training': expected that of a checkpoint, found none"
      ])
  }

  @Test(arguments: [
    ("\"version\":1", "\"version\":2", "version: expected 1, found 2"),
    ("\"step\":2", "\"step\":-2", "expected counts of steps up to the last, found others"),
    ("\"averaged\":2", "\"averaged\":3", "expected counts of steps up to the last, found others"),
    ("\"step\":2", "\"steps\":2", "expected that of a checkpoint, found no key 'step'"),
    (
      "\"model\":\"0123\"", "\"model\":123",
      "expected that of a checkpoint, found another type at 'model'"
    ),
  ])
  func `metadata that no training writes is refused`(old: String, new: String, problem: String)
    throws
  {
    let lines = try refusal { _, metadata in
      let text = try #require(metadata["stm.training"])
      #expect(text.contains(old))
      metadata["stm.training"] = text.replacing(old, with: new)
    }
    #expect(lines == ["malformed checkpoint: metadata 'stm.training': \(problem)"])
  }

  @Test func `metadata that is no JSON is refused`() throws {
    try ScratchFolder.with { folder in
      try SafetensorsFile.write(
        try TensorArchive([], metadata: ["stm.training": "{\"step\":"]), to: folder.file("bad"))
      var training = try LifeFixture()
      #expect(throws: FileError.self) { try training.state.resume(from: folder.file("bad")) }
    }
  }
}
