import KerasFiles
import Networks
import TestSupport
import Testing

struct KerasGraphTests {
  @Test(arguments: ["small.keras", "small.h5", "keras2-whole.h5"])
  func `the graph says which layer reads which`(name: String) throws {
    let graph = try #require(try KerasFile.read(Fixture.path(name))?.graph)
    #expect(graph.name == "small")
    #expect(graph.inputs == ["image"])
    let reads = Dictionary(graph.nodes.map { ($0.name, $0.inputs) }) { first, _ in first }
    #expect(
      reads == [
        "stem_pad": ["image"], "stem": ["stem_pad"], "stem_bn": ["stem"], "stem_relu": ["stem_bn"],
        "norm": ["stem_relu"], "body": ["stem_relu"], "sum": ["body", "norm"], "pool": ["sum"],
        "up": ["pool"], "out": ["up"],
      ])
    #expect(graph.nodes.allSatisfy { $0.outputs == [$0.name] && $0.operation.name == $0.name })
    #expect(graph.outputs == [.init(name: "out", value: "out")])
  }

  @Test(arguments: ["small.keras", "small.h5"])
  func `settings are those of the layers`(name: String) throws {
    let layers = try #require(try KerasFile.read(Fixture.path(name))?.layers)
    let named = Dictionary(layers.map { ($0.name, $0) }) { first, _ in first }
    #expect(named["image"]?.inputShape == [nil, nil, nil, 2])
    #expect(named["stem_pad"]?.padding == .explicit(top: 1, bottom: 2, left: 0, right: 1))
    let stem = try #require(named["stem"])
    #expect(stem.className == "Conv2D" && stem.filters == 2 && stem.kernelSize == [3, 3])
    #expect(stem.strides == [2, 2] && stem.padding == .valid && stem.useBias == false)
    #expect(stem.dilation == [1, 1] && stem.groups == 1 && stem.dataFormat == .channelsLast)
    #expect(stem.activation == "linear" && named["body"]?.activation == "relu")
    #expect(named["body"]?.padding == .same)
    #expect(named["stem_bn"]?.epsilon == 1e-5 && named["stem_bn"]?.axis == -1)
    #expect(named["norm"]?.scale == false && named["norm"]?.center == true)
    #expect(named["stem_relu"]?.negativeSlope == 0 && named["stem_relu"]?.maximum == nil)
    #expect(named["pool"]?.poolSize == [3, 3] && named["pool"]?.strides == [2, 2])
    #expect(named["up"]?.size == [2, 2] && named["up"]?.interpolation == "bilinear")
    #expect(named["out"]?.activation == "relu")
  }

  @Test(arguments: ["nested.keras", "nested.h5"])
  func `a nested model is written out, and a layer used twice stands twice`(name: String) throws {
    let graph = try #require(try KerasFile.read(Fixture.path(name))?.graph)
    #expect(
      graph.nodes.map { "\($0.name) <- \($0.inputs.joined(separator: " "))" } == [
        "conv <- image", "inner/conv <- conv", "inner/depth <- inner/conv", "conv#1 <- inner/conv",
        "drop <- conv#1", "join <- drop inner/depth", "up <- join",
      ])
    #expect(graph.nodes[3].operation == graph.nodes[0].operation)
    #expect(graph.outputs == [.init(name: "up", value: "up")])
  }

  @Test func `a sequential model is a chain`() throws {
    let graph = try #require(try KerasFile.read(Fixture.path("chain.keras"))?.graph)
    #expect(graph.inputs == ["image"])
    #expect(graph.nodes.map { [$0.name] + $0.inputs } == [["a", "image"], ["b", "a"]])
    #expect(graph.outputs == [.init(name: "b", value: "b")])
  }
}
