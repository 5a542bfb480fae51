/// A graph lowered to steps: what a backend runs, and what two precisions are compared by.
public struct Program: Sendable {
  /// The graph's name.
  public let name: String
  /// The values that it is given.
  public let inputs: [String]
  /// The steps in an order in which they can run; each makes the value of its own name.
  public let steps: [Step]
  /// The values that it hands out.
  public let outputs: [Graph<LayerOperation>.Output]
  /// The value that each module ends in.
  public let modules: [String: String]

  init(_ graph: Graph<LayerOperation>, steps: [Step]) {
    name = graph.name
    inputs = graph.inputs
    self.steps = steps
    outputs = graph.outputs
    modules = graph.modules
  }

  /// The step called `name`, or nil.
  public func step(_ name: String) -> Step? { steps.first { $0.name == name } }
}

/// One step of a program: a layer, or a convolution with what was folded and fused into it.
public struct Step: Sendable, Hashable {
  /// The name of the last layer that it covers; the step's value is that layer's.
  public internal(set) var name: String
  /// The layers that it covers, in the graph's order.
  public internal(set) var covers: [String]
  /// What it does first.
  public internal(set) var operation: LayerOperation
  /// The layer whose parameters it uses; the first of them where these are several ``parts``.
  public let layer: String
  /// The values that it reads; the last is the residual where there is one.
  public internal(set) var inputs: [String]
  /// The batch norm that is folded into the convolution's parameters, if any.
  public internal(set) var batchNorm: FoldedBatchNorm?
  /// Whether the last input is added to the convolution's result.
  public internal(set) var addsResidual = false
  /// Whether `max(x, 0)` comes last.
  public internal(set) var appliesReLU = false
  /// The layers that a convolution of images is made of; empty: it is one layer alone.
  public internal(set) var parts: [ConvolutionPart] = []

  init(_ node: Graph<LayerOperation>.Node) {
    name = node.name
    covers = [node.name]
    operation = node.operation
    layer = node.name
    inputs = node.inputs
  }

  /// A step that lays `inputs` behind one another along their channels; it covers no layer.
  init(concatenating inputs: [String], as name: String) {
    self.name = name
    covers = []
    operation = .concatenate
    layer = name
    self.inputs = inputs
  }

  /// The convolution that the step runs, or nil.
  public var convolution: Convolution? {
    if case .convolution(let convolution) = operation { convolution } else { nil }
  }

  /// Whether the step is a convolution that normalizes images as it reads them.
  ///
  /// Images are what ``LayerOperation/normalize(module:channels:)`` is for, frames and masks: numbers
  /// from 0 to 1 by definition.
  public var readsImages: Bool { !parts.isEmpty }

  /// The layers whose kernels make up the step's, in the order of their input channels.
  public var layers: [String] { parts.isEmpty ? [layer] : parts.map(\.layer) }

  /// Whether the step adds something to each output channel: its own bias or a batch norm's shift.
  public var hasBias: Bool {
    convolution?.hasBias == true || batchNorm?.providesShift == true
  }
}

/// A batch norm that a convolution's parameters absorb.
public struct FoldedBatchNorm: Sendable, Hashable {
  /// The batch norm's layer.
  public let layer: String
  /// Its geometry.
  public let normalization: BatchNormalization
  /// Whether this convolution's bias takes the shift. Where a batch norm follows a sum of
  /// convolutions, all take its scale and one takes its shift.
  public let providesShift: Bool
}

/// A convolution that is part of a step: it reads some of the step's input channels.
public struct ConvolutionPart: Sendable, Hashable {
  /// Its layer.
  public let layer: String
  /// How it is drawn by itself.
  public let convolution: Convolution
  /// What happens to its channels first, if anything.
  public let normalization: FoldedNormalization?
}

/// A normalization of images that the convolution after it does as it reads them.
public struct FoldedNormalization: Sendable, Hashable {
  /// The normalization's layer.
  public let layer: String
  /// The module whose parameters it uses.
  public let module: String
  /// The number of channels.
  public let channels: Int

  /// Its parameters.
  public var parameters: [Parameter] {
    LayerOperation.normalize(module: module, channels: channels).parameters(of: layer)
  }
}
