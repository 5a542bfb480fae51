import Tensors
import Testing

@testable import Mapping

/// What each convention makes of names.
@Suite struct ConventionTests {
  private static func check(
    _ convention: Convention, _ names: KeyValuePairs<String, String?>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (name, expected) in names {
      let found = convention.rules.lazy.compactMap { $0(name) }.first
      #expect(found == expected, "\(name)", sourceLocation: sourceLocation)
    }
  }

  @Test func `the wrappers of savers are taken off`() {
    Self.check(
      .wrapper,
      [
        "module.Decoder.pred2.bias": "Decoder.pred2.bias",
        "state_dict.x": "x",
        "model_state_dict.module.x": "module.x",
        "model.x": "x",
        "network.x": "x",
        "net.x": "x",
        "_orig_mod.x": "x",
        "modules.x": nil,
        "Decoder.module.x": nil,
      ])
  }

  @Test func `a bias that a folded batch norm became is a bias`() {
    Self.check(
      .torchOnnx,
      [
        "Encoder_Q.conv1.weight_bias": "Encoder_Q.conv1.bias",
        "Encoder_Q.conv1.bias": nil,
      ])
  }

  @Test func `the layers of keras.applications are those of ResNet`() {
    Self.check(
      .kerasApplications,
      [
        "conv1_conv.kernel": ".conv1.kernel",
        "encoder_q_conv1_conv.kernel": "encoder_q_.conv1.kernel",
        "memory_conv1_mask_conv.kernel": "memory_.conv1_m.kernel",
        "memory_conv1_others_conv.kernel": "memory_.conv1_o.kernel",
        "query_conv1_bn.gamma": "query_.bn1.gamma",
        "query_conv2_block1_0_conv.kernel": "query_.res2.0.downsample.0.kernel",
        "query_conv2_block1_0_bn.beta": "query_.res2.0.downsample.1.beta",
        "query_conv4_block6_3_conv.bias": "query_.res4.5.conv3.bias",
        "query_conv3_block4_2_bn.moving_mean": "query_.res3.3.bn2.moving_mean",
        "memory_key.kernel": "KV_M_r4.Key.kernel",
        "memory_value.bias": "KV_M_r4.Value.bias",
        "query_key.kernel": "KV_Q_r4.Key.kernel",
        "query_value.bias": "KV_Q_r4.Value.bias",
        "decoder_fm_conv.kernel": "Decoder.convFM.kernel",
        "decoder_fm_conv1.kernel": "Decoder.ResMM.conv1.kernel",
        "decoder_refine3_skip_conv.kernel": "Decoder.RF3.convFS.kernel",
        "decoder_refine3_skip_conv2.bias": "Decoder.RF3.ResFS.conv2.bias",
        "decoder_refine2_merge_conv1.kernel": "Decoder.RF2.ResMM.conv1.kernel",
        "decoder_pred.bias": "Decoder.pred2.bias",
        "Encoder_Q.conv1.weight": nil,
      ])
  }

  @Test func `the variables of Keras are the fields of PyTorch`() {
    Self.check(
      .keras,
      [
        "a.kernel": "a.weight",
        "a.gamma": "a.weight",
        "a.beta": "a.bias",
        "a.moving_mean": "a.running_mean",
        "a.b.moving_variance": "a.b.running_var",
        "a.bias": nil,
        "kernel": nil,
      ])
  }

  @Test func `the modules of training forks are the network's`() {
    Self.check(
      .modules,
      [
        "encoder_m.conv1.weight": "Encoder_M.conv1.weight",
        "memory_encoder.conv1_bg.weight": "Encoder_M.conv1_o.weight",
        "Encoder_M.conv1_bg.weight": "Encoder_M.conv1_o.weight",
        "mask_rgb_encoder.bn1.bias": "Encoder_M.bn1.bias",
        "memory_.bn1.bias": "Encoder_M.bn1.bias",
        "encoder_q.bn1.bias": "Encoder_Q.bn1.bias",
        "query_encoder.bn1.bias": "Encoder_Q.bn1.bias",
        "rgb_encoder.bn1.bias": "Encoder_Q.bn1.bias",
        "KV_M_r4.key.bias": "KV_M_r4.Key.bias",
        "kv_m_f16.key_proj.weight": "KV_M_r4.Key.weight",
        "kv_memory.val_proj.weight": "KV_M_r4.Value.weight",
        "kv_q_r4.value.bias": "KV_Q_r4.Value.bias",
        "kv_query.key_conv.bias": "KV_Q_r4.Key.bias",
        "KV_Q.Value.bias": "KV_Q_r4.Value.bias",
        "decoder.up_16_8.convFS.bias": "Decoder.RF3.convFS.bias",
        "decoder.up_8_4.ResMM.conv1.bias": "Decoder.RF2.ResMM.conv1.bias",
        "decoder.pred2.bias": "Decoder.pred2.bias",
        "KV_M_r4.Key.bias": nil,
        "Encoder_M.conv1_o.weight": nil,
      ])
  }

  @Test func `the layers of torchvision are the stages`() {
    Self.check(
      .torchvision,
      [
        "Encoder_Q.layer1.0.conv1.weight": "Encoder_Q.res2.0.conv1.weight",
        "layer2.3.bn2.bias": "res3.3.bn2.bias",
        "x.layer3.5.bn3.weight": "x.res4.5.bn3.weight",
        "layer4.0.conv1.weight": nil,
      ])
  }

  @Test(arguments: [
    ("module.encoder_q.layer1.0.bn1.weight", "Encoder_Q.res2.0.bn1.weight"),
    ("model_state_dict.module.decoder.pred2.weight", "Decoder.pred2.weight"),
    ("query_conv2_block1_1_bn.gamma", "Encoder_Q.res2.0.bn1.weight"),
    ("conv1_conv.kernel", "conv1.weight"),
    ("Encoder_Q.conv1.weight", "Encoder_Q.conv1.weight"),
  ])
  func `conventions are applied one after another`(name: String, expected: String) throws {
    let entry = try #require(try Export.entries().first).renamed(name)
    let renamed = RenamedTensor(SourceTensor(file: 0, entry: entry, name: name, axes: nil))
    #expect(renamed.name == expected)
    #expect(renamed.conventions.isEmpty == (name == expected))
  }

  @Test func `a convention is cited by its name`() throws {
    let mapped = try Export.map(
      Export.entries().map { $0.renamed("module.\($0.name)") })
    #expect(mapped.audit.isClean)
    #expect(Set(mapped.audit.matches.map(\.evidence.description)) == ["convention:wrapper"])
  }
}
