public import Tensors

/// A tensor that a layer is configured with: its canonical name, its shape and what it is for.
public struct Parameter: Sendable, Hashable {
  /// What a parameter is for.
  public enum Role: Sendable, Hashable {
    /// A kernel `[out, in, kh, kw]`, or the scale of a batch norm `[C]`.
    case weight
    /// `[C]`.
    case bias
    /// A constant of the model: mean, standard deviation, running statistics.
    case statistic
    /// What the numbers of each channel of a value were divided by, `[C]`: files in which nothing is
    /// scaled leave it out.
    case factor
    /// The number of batches seen in training: an integer scalar that inference ignores and that
    /// some savers leave out.
    case counter
  }

  /// `layer.field`, as in PyTorch's state dict.
  public let name: String
  /// The shape, outermost dimension first.
  public let shape: Shape
  /// What it is for.
  public let role: Role
  /// The types that a file may hold it in; empty: any.
  public let elementTypes: [ElementType]

  /// A parameter.
  public init(name: String, shape: Shape, role: Role, elementTypes: [ElementType] = []) {
    self.name = name
    self.shape = shape
    self.role = role
    self.elementTypes = elementTypes
  }

  /// Whether a file may lack it.
  public var isOptional: Bool { role == .counter || role == .factor }
}

extension LayerOperation {
  /// The parameters of a layer called `layer` that does this, in PyTorch's order.
  public func parameters(of layer: String) -> [Parameter] {
    func parameter(_ field: String, _ shape: Shape, _ role: Parameter.Role) -> Parameter {
      Parameter(name: "\(layer).\(field)", shape: shape, role: role)
    }
    switch self {
    case .normalize(let module, let channels):
      return ["mean", "std"].map {
        Parameter(name: "\(module).\($0)", shape: [1, channels, 1, 1], role: .statistic)
      }
    case .convolution(let convolution):
      return [parameter("weight", convolution.kernelShape, .weight)]
        + (convolution.hasBias ? [parameter("bias", [convolution.outputChannels], .bias)] : [])
    case .batchNormalization(let normalization):
      let channels: Shape = [normalization.channels]
      return [
        parameter("weight", channels, .weight),
        parameter("bias", channels, .bias),
        parameter("running_mean", channels, .statistic),
        parameter("running_var", channels, .statistic),
        parameter("num_batches_tracked", [], .counter),
      ]
    case .relu, .maxPool, .add, .upsample, .concatenate, .memoryRead:
      return []
    }
  }
}
