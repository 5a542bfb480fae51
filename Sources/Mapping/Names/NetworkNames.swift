import Networks
import STMModel
import Tensors

/// The names that tensors of a network can have, folded or not.
struct NetworkNames: Sendable {
  /// The shape of every parameter by name, the biases that folding makes included.
  let shapes: [String: Shape]
  /// The modules that exporters keep together: the prefix in the network's names.
  let modules: [Module]

  /// A part of the network that stands under one prefix.
  struct Module: Sendable {
    /// The prefix, as in `Encoder_M`; empty for the whole network.
    let name: String
    /// Names without the prefix.
    let tails: Set<String>
    /// The names, without the prefix, of the convolutions' kernels, which no export lacks.
    let kernels: Set<String>
  }

  init(_ network: STMNetwork) {
    var shapes: [String: Shape] = [:]
    for parameter in network.parameters { shapes[parameter.name] = parameter.shape }
    for graph in network.graphs {
      for step in Program(deploying: graph).steps {
        if let convolution = step.convolution, step.batchNorm != nil {
          for layer in step.layers { shapes["\(layer).bias"] = [convolution.outputChannels] }
        }
      }
    }
    self.shapes = shapes
    modules = ["", "Encoder_M", "Encoder_Q", "KV_M_r4", "KV_Q_r4", "Decoder"].map { name in
      let prefix = name.isEmpty ? "" : "\(name)."
      let tails = shapes.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
      let kernels = shapes.filter { $0.key.hasPrefix(prefix) && $0.value.rank == 4 }
        .keys.filter { $0.hasSuffix(".weight") }.map { String($0.dropFirst(prefix.count)) }
      return Module(name: name, tails: Set(tails.map(String.init)), kernels: Set(kernels))
    }
  }
}
