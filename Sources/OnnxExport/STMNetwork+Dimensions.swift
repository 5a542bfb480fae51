import Networks
import OnnxFiles
import STMModel

extension STMNetwork {
  /// The dimensions of what `graph`, one of this network's, is given or hands out as `name`; the
  /// number of objects, the frames in memory and the frame's size are left to each run.
  func dimensions(
    of name: String, in graph: Graph<LayerOperation>
  ) -> [OnnxDocument.Dimension] {
    let objects = OnnxDocument.Dimension.symbol("objects")
    func image(
      _ images: OnnxDocument.Dimension, _ channels: Int, step: Int
    ) -> [OnnxDocument.Dimension] {
      [images, .fixed(channels)] + Self.extents(step: step)
    }
    func memory(_ channels: Int) -> [OnnxDocument.Dimension] {
      [objects, .fixed(channels), .symbol("memory")] + Self.extents(step: 16)
    }
    let images = graph.name == memorize.name ? objects : .fixed(1)
    switch name {
    case "frame": return image(.fixed(1), 3, step: 1)
    case "mask", "others": return image(objects, 1, step: 1)
    case "memory_keys": return memory(configuration.keyChannels)
    case "memory_values": return memory(configuration.valueChannels)
    case "key": return image(images, configuration.keyChannels, step: 16)
    case "value": return image(images, configuration.valueChannels, step: 16)
    case "r3": return image(images, 8 * configuration.trunkWidth, step: 8)
    case "r2": return image(images, 4 * configuration.trunkWidth, step: 4)
    case "logits": return image(objects, 2, step: 1)
    default: preconditionFailure("graph '\(graph.name)' has no '\(name)'")
    }
  }

  private static func extents(step: Int) -> [OnnxDocument.Dimension] {
    ["height", "width"].map { .symbol(step == 1 ? $0 : "\($0)/\(step)") }
  }
}
