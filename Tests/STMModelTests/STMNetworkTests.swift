import Foundation
import Networks
import STMModel
import Tensors
import Testing

@Suite struct STMNetworkTests {
  @Test func `the published configuration has the 558 tensors of the published state dict`() throws
  {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/published-tensors", withExtension: "tsv"))
    let published = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      line in
      let fields = line.split(separator: "\t")
      let shape =
        fields[1] == "scalar" ? [] : fields[1].split(separator: "x").compactMap { Int($0) }
      return "\(fields[0]) \(shape)"
    }
    let ours = STMNetwork(.published).parameters.map { "\($0.name) \($0.shape)" }
    #expect(ours.count == 558)
    #expect(Set(ours) == Set(published))
  }

  @Test func `86 of the tensors are optional counters`() {
    let optional = STMNetwork(.published).parameters.filter(\.isOptional)
    #expect(optional.count == 86)
    #expect(optional.allSatisfy { $0.name.hasSuffix(".num_batches_tracked") })
  }

  @Test func `the published model has 38,925,570 trainable parameters`() {
    let parameters = STMNetwork(.published).parameters
    let trainable = parameters.filter { $0.role == .weight || $0.role == .bias }
    #expect(trainable.count == 296)
    #expect(trainable.map(\.shape.elementCount).reduce(0, +) == 38_925_570)
  }

  @Test func `the deployed programs hold nothing but fused convolutions and what cannot fuse`() {
    let network = STMNetwork(.published)
    let kinds = network.graphs.map { graph in
      Program(deploying: graph).steps.map { step in
        switch step.operation {
        case .convolution: "convolution"
        default: "\(step.operation)".prefix { $0 != "(" }.description
        }
      }.reduce(into: [:]) { counts, kind in counts[kind, default: 0] += 1 }
    }
    #expect(kinds[0] == ["concatenate": 1, "convolution": 45, "maxPool": 1])
    #expect(kinds[1] == ["convolution": 45, "maxPool": 1])
    #expect(
      kinds[2] == [
        "memoryRead": 1, "concatenate": 1, "convolution": 14, "relu": 5, "upsample": 3,
      ])
  }

  @Test func `every layer is covered by exactly one step of each program`() {
    for graph in STMNetwork(.published).graphs {
      let layers = graph.nodes.map(\.name).sorted()
      #expect(Program(layersOf: graph).steps.flatMap(\.covers).sorted() == layers)
      #expect(Program(deploying: graph).steps.flatMap(\.covers).sorted() == layers)
    }
  }

  @Test func `the stem reads frame and masks in one convolution, which normalizes the frame`()
    throws
  {
    let memorize = Program(deploying: STMNetwork(.published).memorize)
    let images = try #require(memorize.steps.first)
    #expect(images.name == "Encoder_M.concatenate" && images.inputs == ["frame", "mask", "others"])
    let stem = try #require(memorize.step("Encoder_M.relu"))
    #expect(stem.layer == "Encoder_M.conv1" && stem.inputs == ["Encoder_M.concatenate"])
    #expect(stem.layers == ["Encoder_M.conv1", "Encoder_M.conv1_m", "Encoder_M.conv1_o"])
    #expect(stem.convolution?.kernelShape == [64, 5, 7, 7] && stem.hasBias && stem.appliesReLU)
    #expect(stem.parts.map { $0.normalization?.module } == ["Encoder_M", nil, nil])
    let query = Program(deploying: STMNetwork(.published).query)
    let first = try #require(query.steps.first)
    #expect(first.name == "Encoder_Q.relu" && first.inputs == ["frame"] && first.readsImages)
    #expect(
      first.covers == [
        "Encoder_Q.normalize", "Encoder_Q.conv1", "Encoder_Q.bn1", "Encoder_Q.relu",
      ])
  }
}
