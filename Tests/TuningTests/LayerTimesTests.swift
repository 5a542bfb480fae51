import Execution
import Files
import Foundation
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing
import Tuning

@Suite struct LayerTimesTests {
  private static let network = STMNetwork(.tiny)
  private let folder: Scratch

  init() throws { folder = try Scratch() }

  /// Writes a profile of `network` in `precision`, in which every step takes `time`; `change` may
  /// alter it. Returns its path.
  private func write(
    _ name: String, _ precision: String, time: Double, of network: STMNetwork = network,
    change: (inout [String: Any]) -> Void = { _ in }
  ) throws -> String {
    let (h, w, c) = (32, 48, network.configuration)
    let (m, n) = (h / 16, w / 16)
    let shapes: [String: Shape] = [
      "frame": [1, 3, h, w], "mask": [2, 1, h, w], "others": [2, 1, h, w],
      "memory_keys": [2, c.keyChannels, 3, m, n], "memory_values": [2, c.valueChannels, 3, m, n],
      "key": [1, c.keyChannels, m, n], "value": [1, c.valueChannels, m, n],
      "r3": [1, 8 * c.trunkWidth, 2 * m, 2 * n], "r2": [1, 4 * c.trunkWidth, 4 * m, 4 * n],
    ]
    let steps = try network.deployedPrograms.flatMap { program in
      let operations = try program.operations(for: shapes)
      return program.steps.map { step in
        [
          "program": program.name, "name": step.name, "milliseconds": time,
          "precision": precision == "int8" && step.layer == "Memory.read" ? "bf16" : precision,
          "operations": operations[step.name] ?? 0, "gflops": 1, "share": 0.1,
        ] as [String: Any]
      }
    }
    var profile: [String: Any] = [
      "backend": "onednn", "arithmetic": "exact", "precision": precision, "height": h, "width": w,
      "memory": 3, "objects": 2, "steps": steps,
    ]
    change(&profile)
    let data = try JSONSerialization.data(withJSONObject: profile)
    try AtomicFile.write(Array(data), to: folder[name])
    return folder[name]
  }

  private func problems(_ paths: [String]) throws -> [String] {
    let error = try #require(throws: TuningError.self) {
      try LayerTimes(paths: paths, of: Self.network)
    }
    guard case .profile(let path, let problems) = error else { throw error }
    #expect(path == paths.last)
    return problems
  }

  @Test func `a plan takes the sum of its steps' times in their precisions`() throws {
    let times = try LayerTimes(
      paths: [
        try write("a", "fp32", time: 2), try write("b", "int8", time: 1),
      ], of: Self.network)
    let steps = Self.network.deployedPrograms.flatMap(\.steps)
    #expect(try times.milliseconds(of: PrecisionPlan(.float32)) == 2 * Double(steps.count))
    #expect(try times.milliseconds(of: PrecisionPlan(.int8)) == Double(steps.count))
    // The stem's convolution in binary32 takes the ReLU and the pooling behind it along.
    let following = Self.network.deployedPrograms[1]
    let plan = PrecisionPlan(.int8, exceptions: ["Encoder_Q.conv1": .float32])
    let wide = following.steps.count { following.precision(of: $0, in: plan) == .float32 }
    #expect(wide > 1)
    #expect(try times.milliseconds(of: plan) == Double(steps.count + wide))
  }

  @Test func `the memory read in bfloat16 takes what it takes in int8`() throws {
    let times = try LayerTimes(paths: [try write("b", "int8", time: 1)], of: Self.network)
    let plan = PrecisionPlan(.int8, exceptions: ["Memory.read": .bfloat16])
    #expect(
      try times.milliseconds(of: plan) == times.milliseconds(of: PrecisionPlan(.int8)))
  }

  @Test func `a precision that no profile has is named with the layer`() throws {
    let times = try LayerTimes(paths: [try write("b", "int8", time: 1)], of: Self.network)
    #expect(
      throws: TuningError.noTime(layer: "Decoder.pred2", precision: "w8", profiles: ["int8"])
    ) {
      try times.milliseconds(of: PrecisionPlan(.int8, exceptions: ["Decoder.pred2": .w8]))
    }
  }

  @Test func `a profile of another model is refused`() throws {
    let other = STMNetwork(
      STMConfiguration(
        trunkWidth: 4, blocks: [1, 1, 1], keyChannels: 4, valueChannels: 6, decoderChannels: 4))
    let found = try problems([try write("a", "fp32", time: 1, of: other)])
    #expect(found.count == 4)
    #expect(found[0].contains("operations as in the model"))
    let deep = STMNetwork(
      STMConfiguration(
        trunkWidth: 2, blocks: [1, 2, 1], keyChannels: 4, valueChannels: 6, decoderChannels: 4))
    let error = #expect(throws: TuningError.self) {
      try LayerTimes(paths: [try write("b", "fp32", time: 1)], of: deep)
    }
    #expect("\(try #require(error))".contains("found none"))
  }

  @Test(
    arguments: [
      ("height", 64, "operations"), ("objects", 3, "operations"), ("memory", 0, "expected a size"),
      ("precision", "mixed", "expected a model in one precision, found mixed"),
    ] as [(String, any Sendable, String)])
  func `a profile that says something odd is refused`(
    key: String, value: any Sendable, problem: String
  ) throws {
    let path = try write("a", "fp32", time: 1) { $0[key] = value }
    #expect(try problems([path])[0].contains(problem))
  }

  @Test func `profiles of other sizes, or of one precision twice, do not go together`() throws {
    let first = try write("a", "fp32", time: 1)
    let second = try write("b", "int8", time: 1) {
      $0["backend"] = "reference"
      $0["arithmetic"] = "fast"
    }
    #expect(
      try problems([first, second]) == [
        "backend: expected onednn as in \(first), found reference",
        "arithmetic: expected exact as in \(first), found fast",
      ])
    #expect(
      try problems([first, try write("c", "fp32", time: 1)]) == [
        "expected one profile of fp32, found another before"
      ])
  }

  @Test func `a file of something else is refused`() throws {
    try AtomicFile.write(Array("{\"steps\": 3}".utf8), to: folder["x"])
    #expect(
      try problems([folder["x"]]) == ["expected JSON as Schemas/profile-report.schema.json has it"])
  }
}
