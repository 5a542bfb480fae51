import Networks
import STMModel
import Tensors
import TestSupport
import Testing

/// Widths and depths that only the shapes of kernels tell.
@Suite struct KernelCensusTests {
  private static func kernels(_ configuration: STMConfiguration) -> [Shape] {
    STMNetwork(configuration).parameters.map(\.shape).filter { $0.rank == 4 }
  }

  private static func configuration(
    width: Int = 4, blocks: [Int] = [1, 2, 1], key: Int = 8, value: Int = 32, decoder: Int = 12
  ) -> STMConfiguration {
    STMConfiguration(
      trunkWidth: width, blocks: blocks, keyChannels: key, valueChannels: value,
      decoderChannels: decoder)
  }

  @Test(arguments: [
    .published, .sample, .tiny, configuration(),
    configuration(width: 1),
    configuration(width: 2, blocks: [2, 1, 1], key: 2, value: 3, decoder: 3),
    configuration(key: 2), configuration(key: 1), configuration(key: 16, value: 16),
    configuration(decoder: 16), configuration(decoder: 4), configuration(decoder: 8),
    configuration(decoder: 32), configuration(key: 12), configuration(blocks: [3, 4, 6]),
    configuration(decoder: 64), configuration(value: 16, decoder: 32), configuration(decoder: 2),
  ])
  func `a network is recognized by its kernels, in any order`(
    configuration: STMConfiguration
  ) throws {
    let kernels = Self.kernels(configuration)
    #expect(try STMConfiguration(inferredFrom: [:], kernels: kernels) == configuration)
    #expect(try STMConfiguration(inferredFrom: [:], kernels: kernels.reversed()) == configuration)
    var generator = SeededGenerator(seed: 1)
    let shuffled = kernels.shuffled(using: &generator)
    #expect(try STMConfiguration(inferredFrom: [:], kernels: shuffled) == configuration)
  }

  @Test func `a joined stem counts as a stem`() throws {
    let kernels = Self.kernels(.sample).filter { $0.dimensions.dropFirst() != [1, 7, 7] }
    let index = try #require(kernels.firstIndex { $0.dimensions.dropFirst() == [3, 7, 7] })
    var joined = kernels
    joined[index] = [16, 5, 7, 7]
    #expect(try STMConfiguration(inferredFrom: [:], kernels: joined) == .sample)
  }

  @Test func `names speak before counts`() throws {
    let kernels = Self.kernels(.sample)
    let configuration = try STMConfiguration(
      inferredFrom: ["KV_Q_r4.Key.weight": [7, 256, 3, 3]], kernels: kernels)
    #expect(configuration.keyChannels == 7)
  }

  @Test(
    arguments: [
      [], [[16]], [[16, 3, 7, 7]], [[1 << 40, 3, 7, 7], [4, 1 << 40, 1, 1]],
      [[0, 3, 7, 7]], [[16, 3, 7, 7], [8, 3, 7, 7]],
    ] as [[Shape]])
  func `kernels of nothing are refused`(kernels: [Shape]) {
    #expect(throws: STMConfigurationError.self) {
      try STMConfiguration(inferredFrom: [:], kernels: kernels)
    }
    #expect(throws: STMConfigurationError.self) { try STMConfiguration(trunkOf: kernels) }
  }

  @Test func `a trunk alone has the published ratios`() throws {
    let trunk = STMNetwork(.published).parameters.filter { $0.name.hasPrefix("Encoder_Q.") }
    #expect(try STMConfiguration(trunkOf: trunk.map(\.shape)) == .published)
  }

  @Test func `basic blocks are not bottlenecks`() {
    let basic: [Shape] = [[64, 3, 7, 7], [64, 64, 3, 3], [128, 64, 3, 3], [128, 64, 1, 1]]
    #expect(KernelCensus.hasBasicBlocks(basic))
    #expect(!KernelCensus.hasBasicBlocks(Self.kernels(.published)))
    #expect(!KernelCensus.hasBasicBlocks([]))
  }
}
