import Foundation
import Images
import OneDNNBackend
import STM
import Segmentation
import TestSupport
import Testing

/// Masks that PyTorch made with the sample model: the first 9 frames of the sample clip, scaled to a
/// long edge of 96 pixels by Pillow, memory as published.
@Suite struct OracleTests {
  @Test func `masks are those of PyTorch on at least 99.9 % of the pixels of every frame`() throws {
    let folder = SampleWeights.path("clip")
    let clip = try Clip(path: folder, longEdge: 96, maximumFrames: 9)
    let model = try STM.STMModel(try SampleWeights.model(), backend: try OneDNNBackend(threads: 2))
    var session = model.session()
    for index in 0..<clip.frameCount {
      let frame = STMFrame(try clip.picture(index))
      guard index > 0 else {
        try session.remember(frame, clip.firstMask)
        continue
      }
      let found = try session.segment(frame).mask
      let fixture = try #require(
        Bundle.module.url(
          forResource: "Fixtures/oracle/0000\(index)", withExtension: "png"))
      let expected = try ImageFile.readMask(fixture.path)
      #expect(found.size == expected.size)
      let equal = zip(found.ids, expected.values).count { $0 == $1 }
      #expect(Double(equal) >= 0.999 * Double(expected.values.count), "frame \(index)")
    }
  }

  @Test func `memory policies that hold less agree with the published one on the sample clip`()
    throws
  {
    let clip = try Clip(path: SampleWeights.path("clip"), longEdge: 96, maximumFrames: 16)
    let model = try STM.STMModel(try SampleWeights.model(), backend: try OneDNNBackend(threads: 2))
    func masks(_ name: MemoryPolicyName) throws -> [ObjectMask] {
      var session = model.session(policy: name.policy(interval: 2, limit: .frames(5)))
      return try (0..<clip.frameCount).map { index in
        let frame = STMFrame(try clip.picture(index))
        return try index == 0
          ? session.remember(frame, clip.firstMask).mask : session.segment(frame).mask
      }
    }
    let published = try masks(.everyNth)
    for name in MemoryPolicyName.allCases {
      for (index, (mask, expected)) in zip(try masks(name), published).enumerated() {
        let equal = zip(mask.ids, expected.ids).count { $0 == $1 }
        #expect(Double(equal) > 0.97 * Double(expected.ids.count), "\(name), frame \(index)")
      }
    }
  }
}
