import TestSupport
import Testing

@testable import Training

@Suite struct LifeFolderTests {
  @Test func `the last checkpoints and the best are kept, and nothing else is touched`() throws {
    try ScratchFolder.with { folder in
      let strangers = ["step-2.safetensors", "step-0000000x.safetensors", "notes.txt"]
      for name in strangers { try folder.write([], to: name) }
      let checkpoints = try CheckpointFolder(path: folder.path, keeping: 2)
      #expect(try checkpoints.latest == nil)
      var training = try LifeFixture()
      for step in 1...6 {
        training.train(to: step, scores: [1: 0.5, 2: 0.75, 4: 0.25])
        try checkpoints.save(training.state)
      }
      #expect(try checkpoints.steps == [2, 5, 6])
      #expect(try checkpoints.latest == folder.file("step-00000006.safetensors"))
      let names = try folder.names
      #expect(strangers.allSatisfy(names.contains) && names.count == 6)
    }
  }

  @Test func `older checkpoints that an interruption left are removed by themselves`() throws {
    try ScratchFolder.with { folder in
      let checkpoints = try CheckpointFolder(path: folder.path, keeping: 2)
      var training = try LifeFixture()
      for step in 1...6 {
        training.train(to: step, scores: [2: 0.75])
        try training.state.write(to: checkpoints.file(of: step))
      }
      try checkpoints.removeOlder(than: training.state)
      #expect(try checkpoints.steps == [2, 5, 6])
    }
  }

  @Test func `a training that begins is refused where another has checkpoints`() throws {
    try ScratchFolder.with { folder in
      let checkpoints = try CheckpointFolder(path: folder.file("a/b"), keeping: 1)
      try checkpoints.checkIsUnused()
      var training = try LifeFixture()
      training.train(to: 3)
      try checkpoints.save(training.state)
      #expect(throws: TrainingError.folderInUse(path: checkpoints.path, step: 3)) {
        try checkpoints.checkIsUnused()
      }
    }
  }

  @Test func `a checkpoint that fails gives way to the one before, where there is one`() throws {
    try ScratchFolder.with { folder in
      let checkpoints = try CheckpointFolder(path: folder.path, keeping: 2)
      var training = try LifeFixture()
      for step in [2, 4] {
        training.train(to: step)
        try checkpoints.save(training.state)
      }
      #expect(try checkpoints.fallBack(before: 5) == checkpoints.file(of: 4))
      #expect(try checkpoints.steps == [2, 4])
      #expect(try checkpoints.fallBack(before: 4) == checkpoints.file(of: 2))
      #expect(try checkpoints.steps == [2])
      #expect(try checkpoints.fallBack(before: 2) == nil)
      #expect(try checkpoints.steps == [2])
    }
  }

  @Test func `checkpoints of later steps are left alone`() throws {
    try ScratchFolder.with { folder in
      let checkpoints = try CheckpointFolder(path: folder.path, keeping: 1)
      var later = try LifeFixture()
      later.train(to: 9)
      try later.state.write(to: checkpoints.file(of: 9))
      var training = try LifeFixture()
      for step in 1...3 {
        training.train(to: step)
        try checkpoints.save(training.state)
      }
      #expect(try checkpoints.steps == [3, 9])
    }
  }

  @Test func `it ends after as many validations in a row as it has patience`() {
    var early = EarlyStop(patience: 2)
    var found: [Bool] = []
    for (index, score) in [0.5, 0.6, 0.6, 0.7, 0.1, .nan].enumerated() {
      #expect(!early.isDue)
      found.append(early.note(score, step: 10 * index))
    }
    #expect(found == [true, true, false, true, false, false])
    #expect(early.isDue && early.best == BestValidation(step: 30, overall: 0.7, since: 2))
    #expect(EarlyStop(patience: 3, best: early.best).isDue == false)
    let told = [0.5, 0.6, 0.6, 0.7, 0.1].enumerated().map { index, score in
      ValidationMetrics(step: 10 * index, region: score, boundary: score)
    }
    let after = EarlyStop(patience: 1, after: told)
    #expect(after.isDue && after.best == BestValidation(step: 30, overall: 0.7, since: 1))
    #expect(EarlyStop(patience: nil, best: early.best).isDue == false)
  }

  @Test func `a score that is no number is never the best`() {
    var early = EarlyStop(patience: 1)
    let isBest = early.note(.nan, step: 1)
    #expect(!isBest && early.best == nil && !early.isDue)
  }
}
