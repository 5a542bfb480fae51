import Foundation
import Models
import Networks
import OneDNNBackend
import Segmentation
import Tensors
import TestSupport
import Testing
import Verification
import WeightFiles

/// Golden files of NumPy and h5py, and our own.
@Suite struct GoldenFileTests {
  @Test(arguments: ["golden.npz", "golden.h5"])
  func `a file of NumPy or h5py says what the safetensors file says`(name: String) throws {
    let path = Bundle.module.bundleURL.appending(path: "Fixtures/golden/\(name)").path
    let found = try GoldenFile.read(path)
    let expected = try SampleWeights.golden()
    #expect(found.entries.count == 8)
    for entry in found.entries {
      let tensor = try #require(try expected[entry.name]?.tensor(), "\(entry.name)")
      #expect(try entry.tensor().isBitIdentical(to: tensor), "\(entry.name)")
    }
    let result = try verify(try SampleWeights.model(), against: found)
    #expect(result.passes && result.comparisons.count == 5)
  }

  @Test(arguments: WrittenFormat.allCases)
  func `what a model computes is read back and is what it computes`(format: WrittenFormat) throws {
    let recording = try record(try SampleWeights.model())
    try ScratchFolder.with { folder in
      let path = folder.file("golden")
      try WeightFile.write(recording.tensors, to: path, as: format)
      let read = try GoldenFile.read(path)
      #expect(Set(read.entries.map(\.name)) == Set(recording.tensors.entries.map(\.name)))
      let result = try verify(try SampleWeights.model(), against: read)
      #expect(result.passes && result.unmatched.isEmpty && result.insideFolds.isEmpty)
      #expect(result.comparisons.count == read.entries.count - 3)
      #expect(result.comparisons.allSatisfy { $0.metrics.maximumError == 0 })
      let changed = try SampleWeights.model().changing("Encoder_Q.res3.1.conv2.weight") {
        $0 * 1.01
      }
      let failed = try verify(changed, against: read)
      #expect(
        failed.comparisons.first { !$0.passes }?.name == "segment/Encoder_Q.res3.1.conv2")
      try WeightFile.write(read, to: folder.file("again"), as: format)
      if format != .hdf5 {
        #expect(try folder.bytes(of: "again") == (try folder.bytes(of: "golden")))
      }
    }
  }

  @Test func `a recording covers what PyTorch's hooks saved`() throws {
    let names = Set(try record(try SampleWeights.model()).tensors.entries.map(\.name))
    let golden = try SampleWeights.golden().entries.map(\.name)
    #expect(golden.filter { !names.contains($0) } == [])
  }

  @Test func `frames and masks are the clip's, padded as in the loop`() throws {
    let recording = try record(try SampleWeights.model(), memorizing: 2, segmenting: 1)
    #expect((recording.height, recording.width, recording.objectCount) == (32, 48, 2))
    #expect((recording.memorized, recording.segmented) == ("00002", "00001"))
    let clip = try clip()
    let padding = FramePadding(height: clip.height, width: clip.width)
    let frames = try recording.tensors.floats("input/frames")
    #expect(padding.crop(frames.slice(0)) == (try clip.frame(2)))
    #expect(padding.crop(frames.slice(1)) == (try clip.frame(1)))
    let mask = try #require(try clip.truth(2))
    let masks = padding.crop(try recording.tensors.floats("input/masks"))
    #expect(masks.values == [1, 2].flatMap { id in mask.ids.map { $0 == id ? 1 : 0 } })
    let others = padding.crop(try recording.tensors.floats("input/others"))
    #expect(others.values == [2, 1].flatMap { id in mask.ids.map { $0 == id ? 1 : 0 } })
  }

  @Test func `only the layers that patterns select are kept, with the inputs`() throws {
    let recording = try record(
      try SampleWeights.model(),
      selecting: [try NamePattern("segment/Decoder.pred2"), try NamePattern("memorize/key")])
    #expect(
      recording.tensors.entries.map(\.name) == [
        "input/frames", "input/masks", "input/others", "memorize/key", "segment/Decoder.pred2",
      ])
  }

  @Test func `a pattern that selects nothing is refused`() throws {
    #expect(throws: VerificationError.noGoldenLayer(pattern: "Decoder.**")) {
      try record(try SampleWeights.model(), selecting: [try NamePattern("Decoder.**")])
    }
  }

  @Test(
    arguments: [
      ("golden.npz", WrittenFormat.npz), ("a/b.H5", .hdf5), ("x.hdf5", .hdf5),
      ("x.safetensors", .safetensors), ("npz", nil), ("x.npz/golden", nil), ("x.onnx", nil),
    ] as [(String, WrittenFormat?)])
  func `the end of a path asks for a format`(path: String, format: WrittenFormat?) {
    #expect(WrittenFormat(path: path) == format)
  }

  private func clip() throws -> Clip {
    try Clip(path: SampleWeights.path("clip"), longEdge: 48, maximumFrames: 3)
  }

  private func record(
    _ model: Model, memorizing: Int = 0, segmenting: Int = 1, selecting: [NamePattern] = []
  ) throws -> GoldenRecording {
    try GoldenRecording(
      of: model, clip: try clip(), memorizing: memorizing, segmenting: segmenting,
      selecting: selecting, backend: OneDNNBackend(threads: 2))
  }

  private func verify(_ model: Model, against golden: TensorArchive) throws -> GoldenVerification {
    try GoldenVerification(
      of: model, against: golden, path: "golden",
      tolerances: Tolerances(standard: GoldenVerification.standardTolerance),
      backend: OneDNNBackend(threads: 2))
  }
}
