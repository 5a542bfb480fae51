import Networks

/// How some exporters or programs name what the network calls otherwise.
///
/// Of a convention's rules the first that fits a name rewrites it, once. Conventions are tried in
/// the order of ``all``, each on what the one before made of the name.
struct Convention: Sendable {
  /// The name that audits cite.
  let name: String
  /// The rules in order.
  let rules: [NameRule]
  /// Whether it is tried until none of its rules fits any more.
  let repeats: Bool

  private init(_ name: String, repeats: Bool = false, _ rules: KeyValuePairs<String, String>) {
    self.name = name
    self.repeats = repeats
    self.rules = rules.map { NameRule($0.key, $0.value) }
  }

  /// Every convention, in the order in which they are tried.
  static let all = [wrapper, torchOnnx, kerasApplications, keras, modules, torchvision]

  /// What savers put around a state dict.
  static let wrapper = Convention(
    "wrapper", repeats: true,
    [
      "module.**": "$1",
      "state_dict.**": "$1",
      "model_state_dict.**": "$1",
      "model.**": "$1",
      "network.**": "$1",
      "net.**": "$1",
      "_orig_mod.**": "$1",
    ])

  /// Biases that PyTorch's exporter makes when it folds a batch norm.
  static let torchOnnx = Convention("torch.onnx", ["**.weight_bias": "$1.bias"])

  /// The layers of ResNet in keras.applications, and of the Keras ports of this network.
  static let kerasApplications = Convention(
    "keras-applications",
    [
      "**conv1_conv.*": "$1.conv1.$2",
      "**conv1_mask_conv.*": "$1.conv1_m.$2",
      "**conv1_others_conv.*": "$1.conv1_o.$2",
      "**conv1_bn.*": "$1.bn1.$2",
      "**conv*_block*_0_conv.*": "$1.res$2.$(3-1).downsample.0.$4",
      "**conv*_block*_0_bn.*": "$1.res$2.$(3-1).downsample.1.$4",
      "**conv*_block*_*_conv.*": "$1.res$2.$(3-1).conv$4.$5",
      "**conv*_block*_*_bn.*": "$1.res$2.$(3-1).bn$4.$5",
      "key.*": "Key.$1",
      "value.*": "Value.$1",
      "memory_key.*": "KV_M_r4.Key.$1",
      "memory_value.*": "KV_M_r4.Value.$1",
      "query_key.*": "KV_Q_r4.Key.$1",
      "query_value.*": "KV_Q_r4.Value.$1",
      "decoder_fm_conv.*": "Decoder.convFM.$1",
      "decoder_fm_conv*.*": "Decoder.ResMM.conv$1.$2",
      "decoder_refine*_skip_conv.*": "Decoder.RF$1.convFS.$2",
      "decoder_refine*_skip_conv*.*": "Decoder.RF$1.ResFS.conv$2.$3",
      "decoder_refine*_merge_conv*.*": "Decoder.RF$1.ResMM.conv$2.$3",
      "decoder_pred.*": "Decoder.pred2.$1",
    ])

  /// The variables of Keras's layers.
  static let keras = Convention(
    "keras",
    [
      "**.kernel": "$1.weight",
      "**.gamma": "$1.weight",
      "**.beta": "$1.bias",
      "**.moving_mean": "$1.running_mean",
      "**.moving_variance": "$1.running_var",
    ])

  /// The modules of the network in training forks.
  static let modules = Convention(
    "training-fork",
    modules(
      "Encoder_M", ["encoder_m", "encoder_memory", "memory_encoder", "mask_rgb_encoder", "memory_"])
      + modules(
        "Encoder_Q", ["encoder_q", "encoder_query", "query_encoder", "rgb_encoder", "query_"])
      + keyValue("KV_M_r4", ["kv_m_r4", "kv_m_f16", "kv_memory", "KV_M"])
      + keyValue("KV_Q_r4", ["kv_q_r4", "kv_q_f16", "kv_query", "KV_Q"])
      + [
        NameRule("decoder.up_16_8.**", "Decoder.RF3.$1"),
        NameRule("decoder.up_8_4.**", "Decoder.RF2.$1"),
        NameRule("decoder.**", "Decoder.$1"),
      ])

  /// The stages of ResNet in torchvision.
  static let torchvision = Convention(
    "torchvision",
    [
      "**layer1.**": "$1res2.$2",
      "**layer2.**": "$1res3.$2",
      "**layer3.**": "$1res4.$2",
    ])

  private init(_ name: String, _ rules: [NameRule]) {
    self.name = name
    self.rules = rules
    repeats = false
  }

  private static func modules(_ module: String, _ aliases: [String]) -> [NameRule] {
    [NameRule("\(module).conv1_bg.*", "\(module).conv1_o.$1")]
      + aliases.flatMap { alias in
        [
          NameRule("\(alias).conv1_bg.*", "\(module).conv1_o.$1"),
          NameRule("\(alias).**", "\(module).$1"),
        ]
      }
  }

  private static func keyValue(_ module: String, _ aliases: [String]) -> [NameRule] {
    let fields = [
      ("Key", ["Key", "key", "key_proj", "key_conv"]),
      ("Value", ["Value", "value", "value_proj", "val_proj", "value_conv"]),
    ]
    return ([module] + aliases).flatMap { alias in
      fields.flatMap { field, others in
        others.filter { alias != module || $0 != field }
          .map { NameRule("\(alias).\($0).*", "\(module).\(field).$1") }
      }
    }
  }
}

extension Convention {
  /// Names of tensors that are known to be no part of the network, and what they are.
  struct Leftover: Sendable {
    let pattern: NamePattern
    let reason: String

    fileprivate init(_ pattern: String, _ reason: String) {
      do { self.pattern = try NamePattern(pattern) } catch { preconditionFailure("\(error)") }
      self.reason = reason
    }
  }

  /// What training leaves in a checkpoint beside the weights.
  static let training = [
    Leftover("optimizer.**", "the optimizer's state"),
    Leftover("optimizer_state_dict.**", "the optimizer's state"),
    Leftover("optim.**", "the optimizer's state"),
    Leftover("optimizers.**", "the optimizer's state"),
    Leftover("optimizer_states.**", "the optimizer's state"),
    Leftover("scheduler.**", "the schedule's state"),
    Leftover("lr_scheduler.**", "the schedule's state"),
    Leftover("lr_schedulers.**", "the schedule's state"),
    Leftover("scaler.**", "the loss scaling's state"),
    Leftover("n_averaged", "how many models were averaged"),
  ]

  /// What a ResNet for ImageNet has behind the stages that the encoders use.
  static let classifier = [
    Leftover("**layer4.**", "the last stage of ResNet, which the encoders do without"),
    Leftover("**res5.**", "the last stage of ResNet, which the encoders do without"),
    Leftover("**fc.*", "the classifier"),
    Leftover("**predictions.*", "the classifier"),
  ]
}
