public import Tensors

/// The widths and depths of a network, counted among the shapes of its kernels `[out, in, kh, kw]`.
///
/// The 7x7 kernels give the trunk's width `w` and the number of trunks; the 1x1 kernels
/// `[4p, p]` of each trunk, with `p` of `w`, `2w` and `4w`, are one for each block (in `res2` the
/// projection is another); the kernel with two outputs gives the decoder's width,
/// which its residual blocks have on both sides; what reads `16w`
/// channels are keys, values and, at some widths, `convFM`.
public struct KernelCensus {
  /// Channels of the trunk's first convolution.
  let trunkWidth: Int?
  /// Blocks in `res2`, `res3` and `res4`.
  let blocks: [Int]?
  /// Channels of keys.
  private(set) var keyChannels: Int?
  /// Channels of values.
  private(set) var valueChannels: Int?
  /// Channels inside the decoder.
  public let decoderChannels: Int?

  /// How many kernels the residual blocks of the decoder have.
  private static let decoderBlockKernels = 10

  /// Counts `kernels`, those of one or both encoders and of the decoder.
  public init(_ kernels: [Shape]) {
    func count(_ out: Int, _ input: Int, _ size: Int) -> Int {
      kernels.count { $0.dimensions == [out, input, size, size] }
    }
    let square = kernels.filter { $0.rank == 4 && $0[2] == $0[3] }
    let stems = square.filter { $0[2] == 7 && ($0[1] == 3 || $0[1] == 5) }
    let widths = Set(square.filter { $0[2] == 7 }.map { $0[0] })
    trunkWidth = widths.count == 1 ? widths.first : nil
    let decoder = Set(square.filter { $0[2] == 3 && $0[0] == 2 }.map { $0[1] })
      .filter { count($0, $0, 3) >= Self.decoderBlockKernels }
    decoderChannels = decoder.count == 1 ? decoder.first : nil
    guard let w = trunkWidth, !stems.isEmpty, w <= 65_536 else {
      blocks = nil
      return
    }
    let inStages = [count(4 * w, w, 1), count(8 * w, 2 * w, 1), count(16 * w, 4 * w, 1)]
    blocks = [inStages[0] / stems.count - 1, inStages[1] / stems.count, inStages[2] / stems.count]
    var readers = square.filter { $0[2] == 3 && $0[1] == 16 * w }.map { $0[0] }
    if let d = decoderChannels {
      var inputs = square.filter { $0[2] == 3 && $0[0] == d }.map { $0[1] }
      let projections = [stems.count, 0, 0]
      let inTrunk = (0..<3).map { w << $0 == d ? inStages[$0] - projections[$0] : 0 }
      let known = [(d, Self.decoderBlockKernels + inTrunk.reduce(0, +)), (8 * w, 1), (4 * w, 1)]
      for (known, times) in known {
        for _ in 0..<max(times, 0) {
          if let index = inputs.firstIndex(of: known) { inputs.remove(at: index) }
        }
      }
      let outputs = Set(readers)
      valueChannels = inputs.first { $0 % 2 == 0 && outputs.contains($0 / 2) }.map { $0 / 2 }
      if let value = valueChannels, 2 * value == 16 * w, let index = readers.firstIndex(of: d) {
        readers.remove(at: index)
      }
    }
    let others = Set(readers.filter { $0 != valueChannels })
    keyChannels = others.count == 1 ? others.first : others.isEmpty ? valueChannels : nil
  }
}

extension KernelCensus {
  /// Whether `kernels` are those of a trunk of basic blocks (ResNet-18 and 34): stages that begin
  /// with a 3x3 kernel of twice the channels, and no 1x1 kernels `[4w, w]`.
  public static func hasBasicBlocks(_ kernels: [Shape]) -> Bool {
    guard let stem = kernels.first(where: { $0.rank == 4 && $0[2] == 7 && $0[3] == 7 }),
      stem[0] <= 65_536
    else { return false }
    let w = stem[0]
    return kernels.contains([2 * w, w, 3, 3]) && kernels.contains([2 * w, w, 1, 1])
      && !kernels.contains([4 * w, w, 1, 1])
  }
}

extension STMConfiguration {
  /// The configuration of a model whose trunk is that of `kernels`, with the published ratio of
  /// keys, values and decoder to the trunk's width.
  ///
  /// Throws ``STMConfigurationError``.
  public init(trunkOf kernels: [Shape]) throws(STMConfigurationError) {
    let census = KernelCensus(kernels)
    guard let w = census.trunkWidth, let blocks = census.blocks,
      blocks.allSatisfy(Self.plausibleBlocks.contains), Self.plausibleWidths.contains(w)
    else {
      throw .cannotInfer(quantity: "trunk width", candidates: ["conv1.weight"])
    }
    self.init(
      trunkWidth: w, blocks: blocks, keyChannels: 2 * w, valueChannels: 8 * w,
      decoderChannels: 4 * w)
  }
}
