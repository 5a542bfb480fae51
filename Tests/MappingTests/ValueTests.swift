import Mapping
import Networks
import STMModel
import Tensors
import TestSupport
import Testing

/// Numbers that a trained network should not hold.
@Suite struct ValueTests {
  private static let kernel = "Encoder_Q.res2.0.conv1.weight"
  private static let variance = "Encoder_M.bn1.running_var"

  /// The tiny network with other elements in the tensor `name`.
  private func export(
    _ name: String, _ change: @escaping (Int) -> Float?
  ) throws -> [TensorArchive.Entry] {
    try TensorArchive(try Export.entries()).changing([name: change]).entries
  }

  private func options(_ change: (inout MappingOptions) throws -> Void) rethrows -> MappingOptions {
    var options = MappingOptions()
    try change(&options)
    return options
  }

  /// Elements of one output channel of ``kernel``.
  private static func channelLength() throws -> Int {
    let parameter = try #require(
      STMNetwork(.tiny).parameters.first { $0.name == kernel })
    return parameter.shape.elementCount / parameter.shape[0]
  }

  @Test func `honest exports hold nothing unusual`() throws {
    #expect(try Export.map(Export.entries()).audit.values == [])
    #expect(try Export.map(exporters: ["stm.safetensors"]).audit.values == [])
    #expect(try MappedWeights(of: try SampleWeights.onnx()).audit.values == [])
    #expect(try MappedWeights(of: [try SampleWeights.hdf5()]).audit.values == [])
  }

  @Test(arguments: FoldPolicy.allCases)
  func `output channels of all zeros are refused, counted, with the first`(
    policy: FoldPolicy
  ) throws {
    let length = try Self.channelLength()
    let export = try export(Self.kernel) { $0 / length == 1 ? ($0 % 2 == 0 ? 0 : -0.0) : nil }
    let audit = try Export.map(export, options: options { $0.fold = policy }).audit
    #expect(audit.values.map(\.kind) == [.zeroChannel])
    #expect(audit.values.map(\.count) == [1])
    #expect(audit.values.map(\.total) == [2])
    #expect(audit.values.map(\.firstIndex) == [1])
    #expect(
      audit.allProblems.texts == [
        "tensor '\(Self.kernel)': expected output channels that are not all zeros "
          + "(--allow-zero-channels), found 1 of 2 that are in '\(Self.kernel)' in "
          + "stm.safetensors, the first at channel 1"
      ])
  }

  @Test func `a channel with one number that is not zero is none of zeros`() throws {
    let length = try Self.channelLength()
    let export = try export(Self.kernel) { $0 < length - 1 ? 0 : nil }
    #expect(try Export.map(export).audit.values == [])
  }

  @Test func `kernels that are named may have channels of zeros, others not`() throws {
    let export = try export(Self.kernel) { _ in 0 }
    let allowed = try options { $0.allowedZeroChannels = [try NamePattern("Encoder_Q.**")] }
    let audit = try Export.map(export, options: allowed).audit
    #expect(audit.isClean)
    #expect(audit.values.map(\.isAccepted) == [true])
    #expect(audit.values.map(\.count) == [2])
    let other = try options { $0.allowedZeroChannels = [try NamePattern("Encoder_M.**")] }
    #expect(try Export.map(export, options: other).audit.values.map(\.isAccepted) == [false])
    #expect(!(try Export.map(export, options: other).audit.isClean))
  }

  @Test func `a batch norm that scales a channel by zero makes no channel of zeros`() throws {
    let export = try export("Encoder_Q.res2.0.bn1.weight") { $0 == 0 ? 0 : nil }
    let audit = try Export.map(export, options: options { $0.fold = .always }).audit
    #expect(audit.isClean)
    #expect(audit.values == [])
  }

  @Test func `a bias or a scale of zeros is no channel`() throws {
    for name in ["Decoder.pred2.bias", "Encoder_Q.bn1.weight"] {
      #expect(try Export.map(export(name) { _ in 0 }).audit.values == [], "\(name)")
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `numbers that are not finite are kept where they are a warning`(value: Float) throws {
    let export = try export(Self.kernel) { [1, 3].contains($0) ? value : nil }
    #expect(!(try Export.map(export).audit.isClean))
    let mapped = try Export.map(export, options: options { $0.acceptsNonFinite = true })
    #expect(mapped.audit.isClean)
    let finding = try #require(mapped.audit.values.first)
    #expect(mapped.audit.values.count == 1)
    #expect(finding.kind == .nonFinite && finding.isAccepted)
    #expect((finding.count, finding.firstIndex) == (2, 1))
    #expect(finding.first?.description == value.description)
    let written = try #require(mapped.weights[Self.kernel]).floats().values
    #expect(written[1].description == value.description)
  }

  @Test(arguments: FoldPolicy.allCases)
  func `a variance of zero is refused until it is allowed by name`(policy: FoldPolicy) throws {
    let export = try export(Self.variance) { $0 == 1 ? 0 : nil }
    let refused = try Export.map(export, options: options { $0.fold = policy }).audit
    #expect(refused.values.map(\.kind) == [.variance])
    #expect(
      refused.allProblems.texts == [
        "tensor '\(Self.variance)': expected positive numbers, found 1 other in "
          + "'\(Self.variance)' in stm.safetensors, the first 0.0 at element 1"
      ])
    let allowed = try options {
      $0.fold = policy
      $0.allowedZeroVariances = [try NamePattern("**.running_var")]
    }
    let audit = try Export.map(export, options: allowed).audit
    #expect(audit.isClean)
    #expect(audit.values.map(\.isAccepted) == [true])
  }

  @Test func `a negative variance is refused whatever is allowed`() throws {
    let export = try export(Self.variance) { $0 == 1 ? -1e-30 : 0 }
    let allowed = try options {
      $0.allowedZeroVariances = [try NamePattern("**")]
      $0.acceptsNonFinite = true
    }
    let audit = try Export.map(export, options: allowed).audit
    #expect(audit.values.map(\.kind) == [.variance])
    #expect(audit.values.map(\.count) == [2])
    #expect(!audit.isClean)
  }

  @Test func `denormal numbers are reported and accepted`() throws {
    let least = Float.leastNonzeroMagnitude
    for (value, isDenormal) in [
      (least, true), (-least, true), (Float.leastNormalMagnitude.nextDown, true),
      (Float.leastNormalMagnitude, false), (0, false), (-0.0, false),
    ] {
      let audit = try Export.map(export(Self.kernel) { $0 == 2 ? value : nil }).audit
      #expect(audit.isClean)
      #expect(audit.values.map(\.kind) == (isDenormal ? [.denormal] : []), "\(value)")
      #expect(audit.values.allSatisfy { $0.isAccepted && $0.first == value })
      #expect(audit.values.allSatisfy { ($0.count, $0.firstIndex) == (1, 2) })
    }
  }

  @Test func `all that is wrong is in one report, in the order of the network`() throws {
    let names = ["Encoder_M.conv1_m.weight", Self.variance, Self.kernel, "Decoder.pred2.bias"]
    let archive = try TensorArchive(try Export.entries()).changing([
      names[0]: { _ in 0 }, names[1]: { _ in -1 },
      names[2]: { $0 == 0 ? .nan : .leastNormalMagnitude / 2 },
      names[3]: { _ in .infinity },
    ])
    let audit = try Export.map(archive.entries).audit
    #expect(
      audit.values.map { "\($0.parameter) \($0.kind)" } == [
        "\(names[0]) zeroChannel", "\(names[1]) variance", "\(names[2]) nonFinite",
        "\(names[2]) denormal", "\(names[3]) nonFinite",
      ])
    #expect(audit.allProblems.count == 4)
  }
}
