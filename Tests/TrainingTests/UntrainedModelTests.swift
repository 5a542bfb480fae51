import Models
import STMModel
import Tensors
import Testing
import Training

@Suite struct UntrainedModelTests {
  static let network = STMNetwork(
    STMConfiguration(
      trunkWidth: 4, blocks: [1, 1, 1], keyChannels: 8, valueChannels: 16, decoderChannels: 16))

  static func model(seed: UInt64 = 1, keeping given: [TensorArchive.Entry] = []) throws -> Model {
    try Model(
      untrained: network, seed: seed, keeping: try TensorArchive(given), path: "untrained")
  }

  @Test func `kernels have the variance that ReLUs keep`() throws {
    let weight = try #require(
      try Self.model().weights["Decoder.convFM.weight"]?.floats())
    let expected = 2 / Double(weight.shape.elementCount / weight.shape[0])
    let mean = weight.values.reduce(0) { $0 + Double($1) } / Double(weight.values.count)
    let square = weight.values.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(mean) < 0.05 * expected.squareRoot())
    #expect(abs(square / Double(weight.values.count) / expected - 1) < 0.1)
  }

  @Test func `batch norms change nothing, and frames are normalized as ImageNet's`() throws {
    let weights = try Self.model().weights
    func values(_ name: String) throws -> [Float] { try #require(weights[name]).floats().values }
    #expect(Set(try values("Encoder_Q.bn1.weight") + values("Encoder_Q.bn1.running_var")) == [1])
    #expect(Set(try values("Encoder_Q.bn1.bias") + values("Encoder_Q.bn1.running_mean")) == [0])
    #expect(try values("Encoder_M.mean") == [0.485, 0.456, 0.406])
    #expect(try values("Encoder_M.std") == [0.229, 0.224, 0.225])
  }

  @Test func `the same seed gives the same numbers, another one others`() throws {
    #expect(try Self.model().fingerprint == Self.model().fingerprint)
    #expect(try Self.model().fingerprint != Self.model(seed: 2).fingerprint)
  }

  @Test func `what is given stays, and the rest does not depend on it`() throws {
    let name = "Encoder_Q.conv1.weight"
    let given = TensorArchive.Entry(
      name: name, tensor: Tensor(FloatTensor(zeros: [4, 3, 7, 7])))
    let (model, other) = (try Self.model(keeping: [given]), try Self.model())
    for entry in model.weights.entries {
      let same = try #require(other.weights[entry.name])
      let isSame = try entry.tensor().isBitIdentical(to: same.tensor())
      #expect(isSame == (entry.name != name), "\(entry.name)")
    }
  }

  @Test func `tensors that do not fit are refused by name`() throws {
    let given = TensorArchive.Entry(
      name: "Encoder_Q.conv1.weight", tensor: Tensor(FloatTensor(zeros: [8, 3, 7, 7])))
    let error = try #require(throws: ModelError.self) { try Self.model(keeping: [given]) }
    #expect("\(error)".contains("Encoder_Q.conv1.weight"))
  }
}
