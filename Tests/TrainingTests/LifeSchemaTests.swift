import Safetensors
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct LifeSchemaTests {
  @Test func `what a checkpoint says of itself has the keys of its schema`() throws {
    try ScratchFolder.with { folder in
      let schema = try ReportSchema.named("training-checkpoint")
      for averages in [true, false] {
        var training = try LifeFixture(averages: averages)
        training.train(to: 2, scores: averages ? [1: 0.5] : [:])
        try training.state.write(to: folder.file("a"))
        let metadata = try SafetensorsFile.read(folder.file("a")).metadata
        let header = try ReportSchema.object(try #require(metadata["stm.training"]))
        #expect(ReportSchema.problems(header, schema, at: "checkpoint") == [])
        #expect((header["best"] == nil) == !averages && (header["averaged"] == nil) == !averages)
      }
    }
  }

  @Test func `the lines of a log have the keys of their schema`() throws {
    let schema = try ReportSchema.named("training-metrics")
    let lines = (1...3).flatMap(LifeFixture.lines)
    #expect(lines.count == 4)
    for line in lines {
      let object = try ReportSchema.object(String(decoding: try line.bytes, as: UTF8.self))
      #expect(ReportSchema.problems(object, schema, at: "line") == [])
    }
  }
}
