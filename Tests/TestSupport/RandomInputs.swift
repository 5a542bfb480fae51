public import Networks
import Quantization
public import STMModel
public import Tensors

extension STMNetwork {
  /// Inputs of `program` for frames of `16 rows x 16 columns` pixels, two objects and two frames in
  /// memory.
  public func randomInputs(
    of program: Program, rows: Int = 2, columns: Int = 1, seed: UInt64 = 6
  ) -> [String: FloatTensor] {
    let width = configuration.trunkWidth
    let (key, value) = (configuration.keyChannels, configuration.valueChannels)
    let shapes: [String: Shape] = [
      "frame": [1, 3, 16 * rows, 16 * columns], "mask": [2, 1, 16 * rows, 16 * columns],
      "others": [2, 1, 16 * rows, 16 * columns], "memory_keys": [2, key, 2, rows, columns],
      "memory_values": [2, value, 2, rows, columns], "key": [1, key, rows, columns],
      "value": [1, value, rows, columns], "r3": [1, 8 * width, 2 * rows, 2 * columns],
      "r2": [1, 4 * width, 4 * rows, 4 * columns],
    ]
    var generator = SeededGenerator(seed: seed)
    var inputs: [String: FloatTensor] = [:]
    for name in program.inputs {
      guard let shape = shapes[name] else { preconditionFailure("no shape of '\(name)'") }
      inputs[name] = .random(shape, in: program.isImage(name) ? 0...1 : -1...1, using: &generator)
    }
    return inputs
  }
}
