import Execution
import Networks
import Quantization
import Tensors

/// One deployed program of a ``PlanCoverage``.
struct PlannedProgram {
  /// The bytes of its parameters in binary32.
  let float32Bytes: Int
  /// The bytes of its tensors by the plan.
  let bytes: Int

  private let program: Program
  private let plan: PrecisionPlan
  private let origin: PlanOrigin
  private let shapes: [String: Shape]
  private let held: [String: Precision]
  private let work: [String: Int]
  private let sizes: (float32: [String: Int], deployed: [String: Int])

  /// What `plan` makes of `program`, whose inputs have `shapes`.
  init(
    _ program: Program, in plan: PrecisionPlan, origin: PlanOrigin, shapes: [String: Shape]
  ) {
    self.program = program
    self.plan = plan
    self.origin = origin
    self.shapes = shapes
    held = program.heldPrecisions(in: plan)
    guard let operations = try? program.operations(for: shapes) else {
      preconditionFailure("'\(program.name)' is given other inputs")
    }
    work = operations.mapValues { $0 / 2 }
    let folded = Set(program.steps.compactMap(\.batchNorm?.layer))
    func sizes(_ plan: PrecisionPlan) -> [String: Int] {
      Dictionary(
        uniqueKeysWithValues: program.parameters(in: plan, folded: folded)
          .filter { $0.role != .factor }.map { parameter in
            let width = parameter.elementTypes.first?.byteCount ?? 4
            return (parameter.name, parameter.shape.elementCount * width)
          })
    }
    self.sizes = (sizes(PrecisionPlan(.float32)), sizes(plan))
    float32Bytes = self.sizes.float32.values.reduce(0, +)
    bytes = self.sizes.deployed.values.reduce(0, +)
  }

  /// The multiply-accumulates of each convolution.
  var convolutionWork: [Int] {
    program.steps.filter { $0.convolution != nil }.compactMap { work[$0.name] }
  }

  /// The layers, whose shares are those of `total` multiply-accumulates.
  func layers(sharing total: Int) -> [PlanCoverage.Layer] {
    program.steps.map { step in
      let names = tensorNames(of: step)
      let work = work[step.name] ?? 0
      let (precision, result) = (precision(of: step), held[step.name] ?? .float32)
      let isInteger = step.convolution != nil && plan[step] == .int8 && step.sumOverflow == nil
      let isWide = precision != .int8 || result != .int8 || step.convolution != nil && !isInteger
      return PlanCoverage.Layer(
        name: step.layer, program: program.name, covers: step.covers,
        isConvolution: step.convolution != nil, precision: precision, result: result,
        float32Bytes: names.compactMap { sizes.float32[$0] }.reduce(0, +),
        bytes: names.compactMap { sizes.deployed[$0] }.reduce(0, +), multiplications: work,
        share: step.convolution == nil ? nil : Double(work) / Double(max(total, 1)),
        isInteger: isInteger,
        staysWide: isWide && program.precision(of: step, in: plan) == .int8,
        reason: reason(of: step))
    }
  }

  /// The memories that the program is given.
  var memories: [PlanCoverage.Memory] {
    program.inputs.filter(program.memories.contains).map { name in
      let precision = held[name] ?? .float32
      let count = shapes[name]?.elementCount ?? 0
      return PlanCoverage.Memory(
        name: name, precision: precision, float32Bytes: 4 * count,
        bytes: count * precision.kernelType.byteCount,
        reason: plan.memories[name] == nil ? "standard" : origin.memories)
    }
  }

  /// The names that a model file has for what concerns `step`.
  private func tensorNames(of step: Step) -> [String] {
    let (layer, quantized) = (step.layer, ["\(step.layer).input", "\(step.name).output"])
    let constants = step.parts.compactMap(\.normalization).flatMap(\.parameters).map(\.name)
    let kernels = step.layers.flatMap { ["\($0).weight", "\($0).weight.scale"] }
    return constants
      + (step.convolution == nil
        ? step.operation.parameters(of: layer).map(\.name) : kernels + ["\(layer).bias"])
      + quantized.flatMap { ["\($0).scale", "\($0).zero_point"] }
  }

  private func precision(of step: Step) -> Precision {
    switch (step.operation, plan[step]) {
    case (.convolution, let precision): return precision
    case (.memoryRead, .int8), (.memoryRead, .bfloat16): return .bfloat16
    case (.memoryRead, .float16): return .float16
    case (.memoryRead, _): return .float32
    default: return held[step.name] ?? .float32
    }
  }

  private func reason(of step: Step) -> String {
    guard step.hasOwnPrecision else { return "not a convolution: follows '\(step.inputs[0])'" }
    if plan[step] == .int8, let overflow = step.sumOverflow {
      return "cannot be int8: expected \(overflow.expected), found \(overflow.found)"
    }
    if plan.exceptions[step.layer] != nil {
      let kept = origin.kept.last { $0.selects(step) }
      return kept.map { "kept by --keep '\($0)'" } ?? origin.exceptions
    }
    switch (step.operation, plan.standard) {
    case (.memoryRead, .int8):
      return "stays wide in int8: products of bf16 numbers, softmax in fp32"
    case (.convolution, .int8) where held[step.name] != .int8:
      let output = program.outputs.first { leads(step.name, to: $0.value) }
      return "standard; result stays wide: "
        + (output.map { "it is handed out as '\($0.name)'" } ?? "another precision reads it")
    default: return "standard"
    }
  }

  /// Whether what is handed out as `output` is `value`, or an upsampling of it.
  private func leads(_ value: String, to output: String) -> Bool {
    guard value != output else { return true }
    guard let step = program.step(output), !step.hasOwnPrecision, step.inputs.count == 1
    else { return false }
    return leads(value, to: step.inputs[0])
  }
}
