public import Networks

/// The space-time memory network, written down once; everything else derives from these graphs.
///
/// After Oh, Lee, Xu, Kim, *Video Object Segmentation using Space-Time Memory Networks*, ICCV
/// 2019. Layer names are those of the published checkpoint. For a frame of `H x W`, both
/// multiples of 16, `N` objects and `T` frames in memory; `w` is the trunk's width, `K`, `V` and
/// `D` the channels of keys, values and the decoder:
///
/// | graph | given | hands out |
/// |---|---|---|
/// | `memorize` | frame `[1, 3, H, W]`, mask and others `[N, 1, H, W]` | key `[N, K, H/16, W/16]`, value `[N, V, H/16, W/16]` |
/// | `query` | frame `[1, 3, H, W]` | key `[1, K, H/16, W/16]`, value `[1, V, H/16, W/16]`, r3 `[1, 8w, H/8, W/8]`, r2 `[1, 4w, H/4, W/4]` |
/// | `decode` | memory_keys `[N, K, T, H/16, W/16]`, memory_values `[N, V, T, H/16, W/16]`, key, value, r3, r2 | logits `[N, 2, H, W]` |
public struct STMNetwork: Sendable {
  /// The widths and depths.
  public let configuration: STMConfiguration
  /// A frame and one object's mask in, the object's key and value out.
  public let memorize: Graph<LayerOperation>
  /// A frame in, its key, its value and the skips to the decoder out.
  public let query: Graph<LayerOperation>
  /// The memory and a query in, background and object logits out.
  public let decode: Graph<LayerOperation>

  /// The inputs of ``decode`` that remember what ``memorize`` hands out, by the names of its outputs.
  public static let memories = ["key": "memory_keys", "value": "memory_values"]

  /// The network of this configuration.
  public init(_ configuration: STMConfiguration) {
    self.configuration = configuration

    var m = GraphBuilder("memorize", inputs: ["frame", "mask", "others"])
    let encodedMemory = m.encoder(
      "Encoder_M", configuration, frame: "frame", masks: ["mask", "others"])
    let memory = m.keyValue("KV_M_r4", configuration, encodedMemory.r4)
    memorize = m.finish(["key": memory.key, "value": memory.value])

    var q = GraphBuilder("query", inputs: ["frame"])
    let encoded = q.encoder("Encoder_Q", configuration, frame: "frame", masks: [])
    let pair = q.keyValue("KV_Q_r4", configuration, encoded.r4)
    query = q.finish([
      "key": pair.key, "value": pair.value, "r3": encoded.r3, "r2": encoded.r2,
    ])

    var d = GraphBuilder(
      "decode", inputs: ["memory_keys", "memory_values", "key", "value", "r3", "r2"])
    let readout = d.layer("Memory.read", .memoryRead, "memory_keys", "memory_values", "key")
    let matched = d.layer("Memory.concatenate", .concatenate, readout, "value")
    let logits = d.decoder("Decoder", configuration, matched, r3: "r3", r2: "r2")
    decode = d.finish(["logits": logits])
  }

  /// The three graphs in the order in which a clip meets them.
  public var graphs: [Graph<LayerOperation>] { [memorize, query, decode] }

  /// The deployed programs of ``graphs``.
  public var deployedPrograms: [Program] { graphs.map { Program(deploying: $0) } }

  /// Every parameter of every layer, in the order of the graphs.
  public var parameters: [Parameter] {
    graphs.flatMap { graph in graph.nodes.flatMap { $0.operation.parameters(of: $0.name) } }
  }
}

extension GraphBuilder {
  /// ResNet-50 (v1.5: the stride is on the 3x3) up to `res4`, on a frame and optional masks.
  ///
  /// Each mask has a convolution of its own, added to the frame's before the batch norm.
  fileprivate mutating func encoder(
    _ name: String, _ c: STMConfiguration, frame: String, masks: [String]
  ) -> (r4: String, r3: String, r2: String) {
    let w = c.trunkWidth
    var skips: [String] = []
    let r4 = module(name) { b in
      let normalized = b.layer("normalize", .normalize(module: name, channels: 3), frame)
      var x = b.layer("conv1", .stem(3, w), normalized)  // [1, w, H/2, W/2]
      if masks.count == 2 {
        let mask = b.layer("conv1_m", .stem(1, w), masks[0])
        let others = b.layer("conv1_o", .stem(1, w), masks[1])
        x = b.layer("add", .add, x, mask, others)
      }
      x = b.layer("bn1", .norm(w), x)
      x = b.layer("relu", .relu, x)
      x = b.layer("maxpool", .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), x)
      // res2: [N, 4w, H/4, W/4]; res3: [N, 8w, H/8, W/8]; res4: [N, 16w, H/16, W/16]
      x = b.stage("res2", c.blocks[0], from: w, planes: w, stride: 1, x)
      skips.append(x)
      x = b.stage("res3", c.blocks[1], from: 4 * w, planes: 2 * w, stride: 2, x)
      skips.append(x)
      return b.stage("res4", c.blocks[2], from: 8 * w, planes: 4 * w, stride: 2, x)
    }
    return (r4, skips[1], skips[0])
  }

  private mutating func stage(
    _ name: String, _ blocks: Int, from channels: Int, planes: Int, stride: Int, _ x: String
  ) -> String {
    module(name) { b in
      (0..<blocks).reduce(x) { x, index in
        b.bottleneck(
          "\(index)", from: index == 0 ? channels : 4 * planes, planes: planes,
          stride: index == 0 ? stride : 1, x)
      }
    }
  }

  /// 1x1, 3x3, 1x1 with a skip, which a 1x1 projects where its shape changes.
  private mutating func bottleneck(
    _ name: String, from channels: Int, planes: Int, stride: Int, _ x: String
  ) -> String {
    module(name) { b in
      var skip = x
      if stride != 1 || channels != 4 * planes {
        skip = b.module("downsample") { b in
          let projected = b.layer("0", .plain(channels, 4 * planes, kernel: 1, stride: stride), x)
          return b.layer("1", .norm(4 * planes), projected)
        }
      }
      var y = b.layer("conv1", .plain(channels, planes, kernel: 1), x)
      y = b.layer("bn1", .norm(planes), y)
      y = b.layer("relu1", .relu, y)
      y = b.layer("conv2", .plain(planes, planes, kernel: 3, stride: stride), y)
      y = b.layer("bn2", .norm(planes), y)
      y = b.layer("relu2", .relu, y)
      y = b.layer("conv3", .plain(planes, 4 * planes, kernel: 1), y)
      y = b.layer("bn3", .norm(4 * planes), y)
      y = b.layer("add", .add, y, skip)
      return b.layer("relu3", .relu, y)
    }
  }

  /// Two 3x3 convolutions of `r4` without activation.
  fileprivate mutating func keyValue(
    _ name: String, _ c: STMConfiguration, _ r4: String
  ) -> (key: String, value: String) {
    var key = ""
    let value = module(name) { b in
      key = b.layer("Key", .biased(16 * c.trunkWidth, c.keyChannels), r4)
      return b.layer("Value", .biased(16 * c.trunkWidth, c.valueChannels), r4)
    }
    return (key, value)
  }

  /// From the matched features to logits at the size of the frame.
  fileprivate mutating func decoder(
    _ name: String, _ c: STMConfiguration, _ x: String, r3: String, r2: String
  ) -> String {
    let (w, d) = (c.trunkWidth, c.decoderChannels)
    return module(name) { b in
      var m = b.layer("convFM", .biased(2 * c.valueChannels, d), x)  // [N, D, H/16, W/16]
      m = b.residualBlock("ResMM", c, m)
      m = b.refine("RF3", from: 8 * w, c, skip: r3, m)  // [N, D, H/8, W/8]
      m = b.refine("RF2", from: 4 * w, c, skip: r2, m)  // [N, D, H/4, W/4]
      m = b.layer("relu", .relu, m)
      m = b.layer("pred2", .biased(d, 2), m)  // [N, 2, H/4, W/4]
      return b.layer("upsample", .upsample(factor: 4), m)  // [N, 2, H, W]
    }
  }

  /// Merges the coarse `m` with a skip of twice its size.
  private mutating func refine(
    _ name: String, from channels: Int, _ c: STMConfiguration, skip: String, _ m: String
  ) -> String {
    module(name) { b in
      var s = b.layer("convFS", .biased(channels, c.decoderChannels), skip)
      s = b.residualBlock("ResFS", c, s)
      let larger = b.layer("upsample", .upsample(factor: 2), m)
      let sum = b.layer("add", .add, s, larger)
      return b.residualBlock("ResMM", c, sum)
    }
  }

  /// Pre-activation: `x + conv2(relu(conv1(relu(x))))`; the skip is the raw `x`, or `relu(x)`.
  private mutating func residualBlock(
    _ name: String, _ c: STMConfiguration, _ x: String
  ) -> String {
    let d = c.decoderChannels
    return module(name) { b in
      let rectified = b.layer("relu1", .relu, x)
      var y = b.layer("conv1", .biased(d, d), rectified)
      y = b.layer("relu2", .relu, y)
      y = b.layer("conv2", .biased(d, d), y)
      return b.layer("add", .add, c.residual == .raw ? x : rectified, y)
    }
  }
}

extension LayerOperation {
  /// 7x7, stride 2, without bias.
  fileprivate static func stem(_ from: Int, _ to: Int) -> Self {
    .convolution(Convolution(from, to, kernel: 7, stride: 2, hasBias: false))
  }

  /// Without bias: a batch norm follows.
  fileprivate static func plain(_ from: Int, _ to: Int, kernel: Int, stride: Int = 1) -> Self {
    .convolution(Convolution(from, to, kernel: kernel, stride: stride, hasBias: false))
  }

  /// 3x3 with bias.
  fileprivate static func biased(_ from: Int, _ to: Int) -> Self {
    .convolution(Convolution(from, to, kernel: 3, hasBias: true))
  }

  fileprivate static func norm(_ channels: Int) -> Self {
    .batchNormalization(BatchNormalization(channels: channels))
  }
}
