import Networks
import Testing

@Suite struct FusionTests {
  private static let plain = LayerOperation.convolution(
    Convolution(2, 2, kernel: 3, hasBias: false))
  private static let norm = LayerOperation.batchNormalization(BatchNormalization(channels: 2))

  @Test func `convolution, batch norm, skip and ReLU become one step`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    var y = b.layer("conv", Self.plain, "x")
    y = b.layer("bn", Self.norm, y)
    y = b.layer("add", .add, y, "x")
    y = b.layer("relu", .relu, y)
    let steps = Program(deploying: b.finish(["o": y])).steps
    let step = try #require(steps.first)
    #expect(steps.count == 1)
    #expect(step.name == "relu" && step.layer == "conv" && step.inputs == ["x", "x"])
    #expect(step.covers == ["conv", "bn", "add", "relu"])
    #expect(step.batchNorm?.layer == "bn" && step.hasBias)
    #expect(step.addsResidual && step.appliesReLU)
  }

  @Test func `a convolution whose value is read twice keeps its batch norm and ReLU apart`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let conv = b.layer("conv", Self.plain, "x")
    let bn = b.layer("bn", Self.norm, conv)
    let relu = b.layer("relu", .relu, conv)
    let graph = b.finish(["o": b.layer("add", .add, bn, relu)])
    #expect(Program(deploying: graph).steps.map(\.name) == ["conv", "bn", "relu", "add"])
  }

  @Test func `a convolution that the graph hands out absorbs nothing`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let conv = b.layer("conv", Self.plain, "x")
    let bn = b.layer("bn", Self.norm, conv)
    #expect(
      Program(deploying: b.finish(["c": conv, "o": bn])).steps.map(\.name) == ["conv", "bn"])
  }

  @Test func `a sum whose later terms are not convolutions stays a sum`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let conv = b.layer("conv", Self.plain, "x")
    let up = b.layer("pool", .maxPool(MaxPool(kernel: 3, stride: 1, padding: 1)), conv)
    let graph = b.finish(["o": b.layer("add", .add, conv, up)])
    #expect(Program(deploying: graph).steps.map(\.name) == ["conv", "pool", "add"])
  }

  @Test(arguments: [false, true])
  func `a value and an upsampling that are added become one step`(upsamplingFirst: Bool) throws {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let up = b.layer("up", .upsample(factor: 2), "x")
    let sum = upsamplingFirst ? b.layer("add", .add, up, "y") : b.layer("add", .add, "y", up)
    let steps = Program(deploying: b.finish(["o": sum])).steps
    let step = try #require(steps.first)
    #expect(steps.count == 1)
    #expect(step.name == "add" && step.layer == "up" && step.covers == ["up", "add"])
    #expect(step.operation == .upsample(factor: 2))
    #expect(step.inputs == ["x", "y"] && step.addsResidual && !step.appliesReLU)
  }

  @Test func `an upsampling that is read twice or handed out, or one of three terms, stays`() {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let up = ["twice", "out", "third"].map { b.layer($0, .upsample(factor: 2), "x") }
    let first = b.layer("a", .add, "y", up[0])
    let second = b.layer("b", .add, first, up[0])
    let third = b.layer("c", .add, second, up[1])
    let graph = b.finish(["o": b.layer("d", .add, third, "y", up[2]), "up": up[1]])
    #expect(
      Program(deploying: graph).steps.map(\.name)
        == ["twice", "out", "third", "a", "b", "c", "d"])
  }

  @Test func `a convolution after an upsampling adds it, an upsampling after a convolution too`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let up = b.layer("up", .upsample(factor: 1), "x")
    let first = b.layer("first", .add, up, b.layer("conv", Self.plain, "x"))
    let again = b.layer("again", Self.plain, first)
    let graph = b.finish([
      "o": b.layer("second", .add, again, b.layer("up2", .upsample(factor: 1), "x"))
    ])
    let steps = Program(deploying: graph).steps
    #expect(steps.map(\.name) == ["up", "first", "again", "second"])
    #expect(steps.map(\.inputs) == [["x"], ["x", "up"], ["first"], ["x", "again"]])
  }

  @Test func `a sum of two inputs and a value added to itself stay sums`() {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let conv = b.layer("conv", Self.plain, "x")
    let twice = b.layer("twice", .add, conv, conv)
    let inputs = b.layer("inputs", .add, "x", "y")
    let steps = Program(deploying: b.finish(["a": twice, "b": inputs])).steps
    #expect(steps.map(\.name) == ["conv", "twice", "inputs"])
  }

  @Test func `a convolution adds one residual only`() {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let conv = b.layer("conv", Self.plain, "x")
    let first = b.layer("first", .add, conv, "x")
    let second = b.layer("second", .add, first, "y")
    let steps = Program(deploying: b.finish(["o": second])).steps
    #expect(steps.map(\.name) == ["first", "second"])
    #expect(steps.map(\.addsResidual) == [true, false])
  }

  @Test func `a sum of three convolutions becomes their chain, its batch norm shared`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let terms = ["a", "b", "c"].map { b.layer($0, Self.plain, "x") }
    let sum = b.layer("add", .add, terms[0], terms[1], terms[2])
    let steps = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, sum)])).steps
    #expect(steps.map(\.name) == ["a", "b", "bn"])
    #expect(steps.map(\.inputs) == [["x"], ["x", "a"], ["x", "b"]])
    #expect(steps.map { $0.batchNorm?.layer } == ["bn", "bn", "bn"])
    #expect(steps.map { $0.batchNorm?.providesShift } == [true, false, false])
    #expect(steps.map(\.hasBias) == [true, false, false])
  }

  private static let image = LayerOperation.normalize(module: "m", channels: 2)

  @Test func `a normalization and the convolutions around it become one over their inputs`() throws
  {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let conv = b.layer("a", Self.plain, b.layer("normalize", Self.image, "x"))
    let sum = b.layer("add", .add, b.layer("b", Self.plain, "y"), conv)
    let steps = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, sum)])).steps
    #expect(steps.map(\.name) == ["concatenate", "bn"])
    #expect(steps.map(\.inputs) == [["y", "x"], ["concatenate"]])
    #expect(steps[1].covers == ["b", "normalize", "a", "add", "bn"] && steps[1].layer == "b")
    #expect(steps[1].parts.map(\.layer) == ["b", "a"] && !steps[1].addsResidual)
    #expect(steps[1].convolution == Convolution(4, 2, kernel: 3, hasBias: false))
  }

  @Test func `a normalization that is read twice stays, and so do convolutions of other geometry`()
  {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let twice = b.layer("twice", Self.image, "x")
    let first = b.layer("add", .add, b.layer("a", Self.plain, twice), twice)
    let once = b.layer("b", Self.plain, b.layer("once", Self.image, "y"))
    let other = LayerOperation.convolution(Convolution(2, 2, kernel: 1, hasBias: false))
    let second = b.layer("sum", .add, once, b.layer("c", other, "x"))
    let steps = Program(deploying: b.finish(["p": first, "q": second])).steps
    #expect(steps.map(\.name) == ["twice", "add", "b", "sum"])
    #expect(steps.map(\.readsImages) == [false, false, true, false])
  }

  @Test func `a batch norm of a sum with a term that is no convolution stays`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let sum = b.layer("add", .add, b.layer("conv", Self.plain, "x"), "x")
    let steps = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, sum)])).steps
    #expect(steps.map(\.name) == ["add", "bn"])
    #expect(steps.map { $0.batchNorm == nil } == [true, true])
  }

  @Test func `a second batch norm and a ReLU before a batch norm are not folded`() {
    var b = GraphBuilder("g", inputs: ["x"])
    var y = b.layer("conv", Self.plain, "x")
    for (name, operation) in [
      ("bn", Self.norm), ("bn2", Self.norm), ("relu", .relu), ("bn3", Self.norm), ("relu2", .relu),
    ] {
      y = b.layer(name, operation, y)
    }
    let steps = Program(deploying: b.finish(["o": y])).steps
    #expect(steps.map(\.name) == ["bn", "bn2", "relu", "bn3", "relu2"])
  }

  @Test func `the layers program folds only what it is told to`() {
    var b = GraphBuilder("g", inputs: ["x"])
    var y = b.layer("conv", Self.plain, "x")
    y = b.layer("bn", Self.norm, y)
    y = b.layer("conv2", Self.plain, y)
    y = b.layer("bn2", Self.norm, y)
    let graph = b.finish(["o": b.layer("relu", .relu, y)])
    #expect(
      Program(layersOf: graph).steps.map(\.name) == ["conv", "bn", "conv2", "bn2", "relu"])
    #expect(
      Program(layersOf: graph, folding: ["bn2"]).steps.map(\.name)
        == ["conv", "bn", "bn2", "relu"])
  }

  @Test func `the last reader of each value is known`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let relu = b.layer("relu", .relu, "x")
    let graph = b.finish(["o": b.layer("add", .add, relu, "x")])
    #expect(Program(layersOf: graph).lastReaders == ["x": "add", "relu": "add"])
  }

  @Test func `a folded batch norm leaves a bias, and one that is kept its own parameters`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let sum = b.layer(
      "add", .add, b.layer("a", Self.plain, "x"), b.layer("b", Self.plain, "x"))
    let program = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, sum)]))
    #expect(
      program.parameters(folded: ["bn"]).map(\.name) == ["a.weight", "a.bias", "b.weight"])
    #expect(
      program.parameters(folded: []).map(\.name) == [
        "a.weight", "b.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
        "bn.num_batches_tracked",
      ])
  }
}
