import Execution
import Models
import Quantization
import STM
import Safetensors
import Segmentation
import Tensors
import TestSupport
import Testing
import Tuning

@Suite struct ModelFileTests {
  @Test(
    arguments: Precision.allCases.map { PrecisionPlan($0) } + [
      PrecisionPlan(.bfloat16, exceptions: ["Decoder.pred2": .float32, "KV_M_r4.Key": .w8])
    ])
  func `model files of every precision load and follow objects`(_ plan: PrecisionPlan) throws {
    let source = try Model.random()
    let clip = try Clip(path: SampleWeights.path("clip"), longEdge: 32, maximumFrames: 3)
    var calibration = try Calibration(source, backend: ReferenceBackend(threads: 2))
    if plan.hasIntegerLayers { try calibration.include(clip) }
    let entries =
      plan == PrecisionPlan(.float32)
      ? source.weights.entries
      : try source.quantized(
        by: plan, statistics: plan.hasIntegerLayers ? calibration.statistics : nil
      ).entries
    try ScratchFolder.with { folder in
      let metadata = ModelMetadata(
        configuration: source.configuration, plan: plan,
        provenance: Provenance(sources: [], settings: [:]))
      try SafetensorsFile.write(
        try TensorArchive(entries, metadata: try metadata.entries), to: folder.file("m"))
      let model = try STM.STMModel(contentsOf: folder.file("m"), threads: 1)
      var session = model.session()
      try session.remember(STMFrame(try clip.picture(0)), clip.firstMask)
      let found = try session.segment(STMFrame(try clip.picture(1)))
      #expect(found.objects == clip.objects)
      let size = clip.width * clip.height
      for pixel in 0..<size {
        let sum = (0...found.objects.count).reduce(Float(0)) {
          $0 + found.probabilities.values[$1 * size + pixel]
        }
        #expect(abs(sum - 1) < 1e-5)
      }
    }
  }
}
