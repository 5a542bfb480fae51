import Files
import KerasFiles
import Tensors
import TestSupport
import Testing

struct KerasFileTests {
  @Test(arguments: [
    "small.keras", "deflated.keras", "small.weights.h5", "small.h5", "keras2.h5", "keras2-whole.h5",
  ])
  func `every layout gives the variables of every layer`(name: String) throws {
    let model = try #require(try KerasFile.read(Fixture.path(name)))
    let found = Dictionary(grouping: model.variables, by: \.layer).mapValues { $0.map(\.name) }
    let norm = ["beta", "moving_mean", "moving_variance"]
    #expect(
      found.mapValues(Set.init) == [
        "stem": ["kernel"], "stem_bn": Set(["gamma"] + norm), "body": ["kernel", "bias"],
        "norm": name == "small.weights.h5" ? ["vars.0", norm[1], norm[2]] : Set(norm),
      ])
    #expect(!model.namesAreCounters)
    #expect(model.unused.isEmpty)
    #expect(model.weights.entries.count == model.variables.count)
    let starts = [
      "stem/kernel": 0.5, "stem_bn/moving_variance": 400.5, "body/bias": 600.5,
      "norm/moving_variance": 900.5,
    ]
    for (variable, start) in starts {
      let entry = try #require(
        model.variables.first { "\($0.layer)/\($0.name)" == variable }?.entry)
      #expect(
        try model.weights[entry]?.tensor().floats().values.first == Float(start), "\(variable)")
    }
  }

  @Test(arguments: ["stripped.keras", "keras2-cut.h5"])
  func `twelve layers of one shape keep their order`(name: String) throws {
    let model = try #require(try KerasFile.read(Fixture.path(name)))
    #expect(!model.namesAreCounters)
    #expect(
      model.variables.map { "\($0.layer) \($0.name)" }
        == (0..<12).flatMap { ["step\($0) kernel", "step\($0) bias"] })
    for (index, variable) in model.variables.enumerated() {
      let values = try model.weights[variable.entry]?.tensor().floats().values
      #expect(values == [Float(100 * index) + 0.5])
    }
  }

  @Test func `layers without names are called by their counters`() throws {
    let model = try #require(try KerasFile.read(Fixture.path("stripped.weights.h5")))
    #expect(model.namesAreCounters)
    #expect(model.layers.isEmpty && model.graph == nil)
    #expect(Set(model.variables.map(\.layer)).contains("conv2d_10"))
    let kernel = try #require(
      model.variables.first { $0.layer == "conv2d_10" && $0.name == "kernel" })
    #expect(kernel.entry == "layers.conv2d_10.vars.0")
    #expect(try model.weights[kernel.entry]?.tensor().floats().values == [2000.5])
  }

  @Test(arguments: ["nested.keras", "nested.h5"])
  func `layers of a nested model have its name in front`(name: String) throws {
    let model = try #require(try KerasFile.read(Fixture.path(name)))
    let other = name == "nested.h5" ? ["kernel", "bias"] : ["vars.0", "vars.1"]
    #expect(
      model.variables.map { "\($0.layer) \($0.name)" }
        == ["conv kernel", "conv bias"] + ["inner/conv kernel", "inner/conv bias"]
        + other.map { "inner/depth \($0)" } + other.map { "up \($0)" })
    #expect(model.unused.allSatisfy { $0.reason == "the state of an optimizer" })
    #expect(model.unused.isEmpty == (name == "nested.h5"))
  }

  @Test func `what is no variable of a layer is listed with the reason`() throws {
    let model = try #require(try KerasFile.read(Fixture.path("subclass.weights.h5")))
    #expect(model.variables.map(\.layer) == ["blocks/part0", "blocks/part1", "part2"])
    #expect(
      Dictionary(model.unused.map { ($0.entry, $0.reason) }) { first, _ in first } == [
        "drop.seed_generator.vars.0": "the state of a random generator",
        "optimizer.vars.0": "the state of an optimizer",
        "vars.0": "a variable of the model itself, of no layer",
        "notes": "it is not in a group 'vars', where Keras keeps variables",
      ])
  }

  @Test func `paths of Keras 2 on Windows are understood`() throws {
    let model = try #require(try KerasFile.read(Fixture.path("windows.weights.h5")))
    #expect(model.variables.map(\.layer) == ["conv2d"])
    #expect(model.variables.map(\.name) == ["kernel"])
    #expect(model.namesAreCounters)
  }

  @Test func `other files are not Keras's`() throws {
    let zip = Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 30)
    for bytes in [[], zip] {
      try Fixture.withScratchFile { write in
        let model = try KerasFile.read(try write(bytes))
        #expect(model == nil)
      }
    }
    #expect(throws: FileError.notFound(path: "nowhere")) { try KerasFile.read("nowhere") }
  }
}
