import Networks
import STMModel
import Tensors

/// The wiring of the network itself: its three graphs as one, and where they can be cut apart.
struct NetworkWiring: Sendable {
  /// The three graphs, joined where one hands a value to the other.
  let wiring: Wiring
  /// The vertices whose values cross from one graph to another, with the names that the value has
  /// there; an export of a single graph has inputs and outputs in their place.
  let boundaries: [(vertex: Int, names: [String])]

  /// The wiring of `network`; with `mergesStem`, the three convolutions that begin `Encoder_M` are
  /// one, of five channels.
  init(_ network: STMNetwork, mergesStem: Bool) {
    var readers: [String: Int] = [:]
    for graph in network.graphs {
      for node in graph.nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
      for output in graph.outputs { readers[output.value, default: 0] += 1 }
    }
    var wiring = Wiring(readers: readers)
    var boundaries: [(vertex: Int, names: [String])] = []
    for name in ["frame", "mask", "others"] { wiring.add(.input, name, reading: [], makes: name) }
    for graph in network.graphs {
      for node in graph.nodes { wiring.add(node, mergesStem: mergesStem) }
      for output in graph.outputs {
        guard let edge = wiring[output.value] else { continue }
        wiring.output(output.name, output.value)
        guard graph.name != network.decode.name else { continue }
        let isMemory = graph.name == network.memorize.name
        let inside = isMemory ? "memory_\(output.name)s" : output.name
        wiring.pass(edge, makes: inside)
        boundaries.append((edge.source, isMemory ? [output.name, inside] : [output.name]))
      }
    }
    self.wiring = wiring
    self.boundaries = boundaries
  }
}

extension Wiring {
  fileprivate mutating func add(_ node: Graph<LayerOperation>.Node, mergesStem: Bool) {
    let edges = node.inputs.compactMap { self[$0] }
    let value = node.outputs[0]
    switch node.operation {
    case .convolution(let convolution):
      let isMask = mergesStem && convolution.inputChannels == 1 && convolution.kernel == 7
      guard !isMask else { return }
      let isStem = mergesStem && node.name == "Encoder_M.conv1"
      if isStem {
        let masks = ["mask", "others"].compactMap { self[$0] }
        addMixture("Encoder_M.concatenate", of: edges + masks, makes: ["Encoder_M.concatenate"])
      }
      let source = isStem ? ["Encoder_M.concatenate"].compactMap { self[$0] } : edges
      add(
        .convolution, node.name, reading: source, makes: value,
        convolution: WiredConvolution(convolution, inputChannels: isStem ? 5 : nil))
    case .batchNormalization(let normalization):
      let norm = WiredBatchNorm(
        name: node.name, constants: [], epsilon: normalization.epsilon)
      pass(edges[0], .batchNorm(norm), makes: value)
    case .relu: pass(edges[0], .relu, makes: value)
    case .normalize: pass(edges[0], makes: value)
    case .add where mergesStem && node.name == "Encoder_M.add": pass(edges[0], makes: value)
    case .add: addSum(node.name, of: node.inputs, makes: value)
    case .maxPool: add(.maxPool, node.name, reading: edges, makes: value)
    case .upsample: add(.upsample, node.name, reading: edges, makes: value)
    case .concatenate, .memoryRead: addMixture(node.name, of: edges, makes: [value])
    }
  }
}

extension WiredConvolution {
  fileprivate init(_ convolution: Convolution, inputChannels: Int?) {
    let (size, pad) = (convolution.kernel, convolution.padding)
    self.init(
      kernel: [convolution.outputChannels, inputChannels ?? convolution.inputChannels, size, size],
      weight: "", bias: nil, strides: [convolution.stride, convolution.stride],
      padding: [pad, pad, pad, pad], dilations: [1, 1], groups: 1)
  }
}
