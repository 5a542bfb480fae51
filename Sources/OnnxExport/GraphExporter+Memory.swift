import Networks
import OnnxFiles
import Tensors

extension GraphExporter {
  /// The space-time memory read of `LayerOperation.memoryRead`, as matrix products over the memory's
  /// positions.
  mutating func memoryRead(_ step: Step) -> String {
    let layer = step.layer
    guard case .fixed(let channels)? = dimensions(ofInput: step.inputs[0])?[1] else {
      preconditionFailure("step '\(step.name)' reads keys of unknown channels")
    }
    let query = operand(of: step, 2)
    let flat = integers("\(layer).flat", [0, 0, -1])
    let swapped: [String: OnnxAttribute] = ["perm": .integers([0, 2, 1])]
    // [N, K, THW], [N, V, THW] and [1, K, HW]
    let keys = node("\(layer).keys", "Reshape", [operand(of: step, 0), flat])
    let values = node("\(layer).values", "Reshape", [operand(of: step, 1), flat])
    let positions = node("\(layer).query", "Reshape", [query, flat])
    let rows = node("\(layer).query_rows", "Transpose", [positions], swapped)
    let scale = constant(
      "\(layer).scale",
      Tensor(FloatTensor(shape: [], values: [1 / Float(channels).squareRoot()])))
    let scaled = node("\(layer).query_scaled", "Mul", [rows, scale])
    let similarity = node("\(layer).similarity", "MatMul", [scaled, keys])  // [N, HW, THW]
    let softmax = node("\(layer).softmax", "Softmax", [similarity], ["axis": .integer(2)])
    let columns = node("\(layer).softmax_columns", "Transpose", [softmax], swapped)
    let read = node("\(layer).product", "MatMul", [values, columns])  // [N, V, HW]
    let extents = node(
      "\(layer).extents", "Gather",
      [node("\(layer).query_shape", "Shape", [query]), integers("\(layer).plane", [2, 3])])
    let shape = node(
      "\(layer).shape", "Concat", [integers("\(layer).images", [0, 0]), extents],
      ["axis": .integer(0)])
    return node(layer, "Reshape", [read, shape])
  }

  /// The inputs behind one another along the channels; what all objects share is repeated for each.
  mutating func concatenate(_ step: Step) -> String {
    let layer = step.layer
    var parts = step.inputs.indices.map { operand(of: step, $0) }
    if let first = step.inputs.firstIndex(where: isOfObjects),
      !step.inputs.allSatisfy(isOfObjects)
    {
      let objects = node(
        "\(layer).objects", "Gather",
        [
          node("\(layer).objects_shape", "Shape", [parts[first]]),
          integers("\(layer).first", [0]),
        ])
      let shape = node(
        "\(layer).shape", "Concat", [objects, integers("\(layer).ones", [1, 1, 1])],
        ["axis": .integer(0)])
      for (index, input) in step.inputs.enumerated() where !isOfObjects(input) {
        parts[index] = node("\(layer).\(input)", "Expand", [parts[index], shape])
      }
    }
    return node(layer, "Concat", parts, ["axis": .integer(1)])
  }

  private mutating func integers(_ name: String, _ values: [Int64]) -> String {
    constant(name, Tensor(bitPatterns: values, elementType: .int64, shape: [values.count]))
  }
}
