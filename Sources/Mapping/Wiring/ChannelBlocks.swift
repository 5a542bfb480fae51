import Networks
import OnnxFiles
import Tensors

/// How onnxruntime arranged kernels for the vectors of one processor (the operators of the domain
/// `com.microsoft.nchwc`).
///
/// Channels lie in blocks of 8 or 16, as many as the processor that wrote the file handles at
/// once. A kernel keeps the shape `[out, in, kh, kw]`, and its elements are in the order
/// ```
/// [out / block, in / block, kh, kw, block of in, block of out]    values in blocks are read
/// [out / block, in,         kh, kw,              block of out]    fewer channels than a block are
/// ```
/// Zeros fill the last block of `out`, in the bias too; `in` is never filled up.
struct ChannelBlocks {
  /// The operators' domain.
  static let domain = "com.microsoft.nchwc"

  /// A node of an exporter's graph.
  typealias Node = Graph<OnnxOperator>.Node

  /// A convolution of that domain.
  fileprivate struct Convolution {
    let node: Node
    let kernel: TensorArchive.Entry
    let bias: TensorArchive.Entry?
    /// How many channels it makes, without those that fill up the last block.
    let channels: Int
    let readsBlocks: Bool
  }

  private let convolutions: [Convolution]
  /// How many channels are in a block.
  private let size: Int

  /// Finds out how `nodes` are arranged, from the channels that they say they hand on; nil where
  /// they leave it open, or contradict themselves. Throws what reading a tensor throws.
  init?(_ nodes: [Node], _ constants: ConstantProgram) throws {
    guard let channels = Self.channels(nodes, constants) else { return nil }
    var blocked: Set<String> = []
    var convolutions: [Convolution] = []
    for node in nodes {
      let isBlocked =
        node.operation.domain == Self.domain
        ? node.operation.type != "ReorderOutput"
        : Self.elementwise.contains(node.operation.type)
          && node.inputs.contains(where: blocked.contains)
      if isBlocked { blocked.formUnion(node.outputs) }
      guard Self.isConvolution(node) else { continue }
      guard node.operation.integer("group") ?? 1 == 1, let input = node.inputs.first,
        let output = node.outputs.first, let made = channels[output], made > 0,
        let kernel = Self.kernel(of: node, constants)
      else { return nil }
      let bias = node.inputs.dropFirst(2).first.flatMap(constants.constant)
      convolutions.append(
        Convolution(
          node: node, kernel: kernel, bias: bias, channels: made,
          readsBlocks: blocked.contains(input)))
    }
    let sizes = [8, 16].filter { size in convolutions.allSatisfy { $0.fits(size) } }
    guard sizes.count == 1 else { return nil }
    for convolution in convolutions {
      guard try convolution.isFilledUp(to: sizes[0]) else { return nil }
    }
    self.convolutions = convolutions
    size = sizes[0]
  }

  /// The names under which a program has the kernel and the bias of `node` in their usual order.
  static func names(of node: Node) -> (kernel: String, bias: String) {
    ("\(node.operation.label) kernel", "\(node.operation.label) bias")
  }

  /// Adds every kernel in its usual order and every bias that is filled up; false where a name is
  /// taken.
  func add(to constants: inout ConstantProgram) -> Bool {
    for convolution in convolutions {
      let names = Self.names(of: convolution.node)
      guard !constants.holds(names.kernel), !constants.holds(names.bias) else { return false }
      let label = convolution.node.operation.label
      let shape = convolution.kernel.shape
      constants.add(
        names.kernel, by: label,
        .unblock(out: size, in: convolution.readsBlocks ? size : 1), [convolution.kernel.name],
        shape: Shape([convolution.channels] + shape.dimensions.dropFirst()), isFloatingPoint: true)
      if let bias = convolution.bias, bias.shape != [convolution.channels] {
        constants.add(
          names.bias, by: label, .first(convolution.channels), [bias.name],
          shape: [convolution.channels], isFloatingPoint: true)
      }
    }
    return true
  }

  /// Whether `node` is a convolution whose kernel is in blocks.
  static func isConvolution(_ node: Node) -> Bool {
    node.operation.domain == domain && node.operation.type == "Conv"
  }

  private static func kernel(
    of node: Node, _ constants: ConstantProgram
  ) -> TensorArchive.Entry? {
    guard let entry = node.inputs.dropFirst().first.flatMap(constants.constant),
      entry.elementType == .float32, entry.shape.rank == 4, entry.shape.elementCount > 0
    else { return nil }
    return entry
  }

  /// Operators of ONNX that take values in blocks as they take others.
  private static let elementwise: Set = ["Relu", "Add", "Sum", "Clip"]

  /// Operators that give as many channels as they are given.
  private static let keeping = elementwise.union(["MaxPool", "AveragePool", "Upsample"])

  /// How many channels values have that are handed on in blocks; nil where readers disagree.
  ///
  /// A convolution says it of what it reads, a `ReorderOutput` of what leaves the blocks.
  private static func channels(
    _ nodes: [Node], _ constants: ConstantProgram
  ) -> [String: Int]? {
    var channels: [String: Int] = [:]
    for node in nodes.reversed() {
      guard let first = node.inputs.first, let output = node.outputs.first else { continue }
      var said: [(String, Int?)] = []
      if isConvolution(node) {
        said = [(first, kernel(of: node, constants)?.shape[1])]
        said += node.inputs.dropFirst(3).map { ($0, channels[output]) }
      } else if node.operation.domain == domain, node.operation.type == "ReorderOutput" {
        said = [(first, node.operation.integer("channels"))]
      } else if keeping.contains(node.operation.type) {
        said = node.inputs.filter { !constants.holds($0) }.map { ($0, channels[output]) }
      }
      for case (let value, let count?) in said where !value.isEmpty {
        guard channels.updateValue(count, forKey: value) ?? count == count else { return nil }
      }
    }
    return channels
  }
}

extension ChannelBlocks.Convolution {
  /// Whether blocks of `size` channels make the kernel's shape.
  fileprivate func fits(_ size: Int) -> Bool {
    let (made, read) = (kernel.shape[0], kernel.shape[1])
    return made % size == 0 && channels <= made && made - channels < size
      && (readsBlocks ? read % size == 0 : read < size)
      && bias.map { $0.shape == [made] && $0.elementType == .float32 } ?? true
  }

  /// Whether the channels that fill up the last block of `size`, its last lanes, are zero.
  fileprivate func isFilledUp(to size: Int) throws -> Bool {
    let filling = kernel.shape[0] - channels
    guard filling > 0 else { return true }
    let lastBlock = try kernel.floats().values.suffix(
      kernel.shape.elementCount / kernel.shape[0] * size)
    let lanes = lastBlock.enumerated().filter { $0.offset % size >= size - filling }
    let offsets = try bias?.floats().values.suffix(filling) ?? []
    return lanes.allSatisfy { $0.element == 0 } && offsets.allSatisfy { $0 == 0 }
  }
}
