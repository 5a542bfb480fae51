import Execution
import Models
import Networks
import Quantization
import STMModel
import TestSupport
import Testing
import Verification

@Suite struct ProfileTests {
  private let backend = ReferenceBackend(threads: 2)

  @Test func `the median lies in the middle, between two where there is no middle`() {
    #expect(ProfileTimes([3, 1, 2]).median == 2)
    #expect(ProfileTimes([4, 1, 3, 2]).median == 2.5)
    #expect(ProfileTimes([4, 1, 3, 2]).minimum == 1)
  }

  @Test(arguments: Precision.allCases)
  func `the peak of every precision is that of one convolution`(precision: Precision) throws {
    let peak = try #require(try HardwarePeak(precision, on: backend, rounds: 1))
    #expect(peak.precision == precision)
    #expect(peak.operationsPerSecond > 0)
    #expect([16, 64, 256].contains(peak.channels))
  }

  @Test func `steps come in the order in which they run, with the operations of every object`()
    throws
  {
    let network = STMNetwork(.tiny)
    let model = try Model(
      network, precision: .float32, weights: try .random(network.parameters, seed: 1), path: "m")
    let profiles = try [1, 3].map { objects in
      try Profile(
        of: model,
        extents: ProfileExtents(height: 32, width: 48, memory: 2, objects: objects, rounds: 2),
        backend: backend
      ) { _ in }
    }
    let order = network.graphs.flatMap { Program(deploying: $0).steps.map(\.name) }
    for profile in profiles {
      #expect(profile.steps.map(\.name) == order)
      #expect(profile.steps.allSatisfy { $0.times.seconds.count == 2 })
      #expect(profile.peaks.map(\.precision) == [.float32])
      let operations = Dictionary(
        uniqueKeysWithValues: profile.parts.map { ($0.name, $0.operations) })
      #expect(
        operations["segment"] == (operations["query"] ?? 0) + (operations["decode"] ?? 0))
      let read = try #require(profile.steps.first { $0.name == "Memory.read" })
      #expect(read.operations == operations["read"])
      #expect(read.operations == profile.extents.objects * 2 * (4 + 6) * (2 * 6) * 6)
    }
  }

  @Test func `progress is told after every stage`() throws {
    let network = STMNetwork(.tiny)
    let model = try Model(
      network, precision: .float32, weights: try .random(network.parameters, seed: 1), path: "m")
    var told: [Int] = []
    _ = try Profile(
      of: model, extents: ProfileExtents(height: 16, width: 16, memory: 1, objects: 1, rounds: 1),
      backend: backend
    ) { told.append($0) }
    #expect(told == Array(1...Profile.stages))
  }
}
