import COneDNN
import Execution
import Networks
import Quantization

/// The steps of a program prepared for one size of frames: primitives in the order in which they
/// run, and how every value between them is held.
///
/// Everything is prepared for one object. The number of objects and the length of the memory are
/// up to each run.
final class Recipe {
  /// What an instruction does.
  enum Action {
    /// Runs a kernel on its inputs.
    case kernel(any StepKernel)
    /// Reads the memory: program inputs of keys and values, and the query's key as its input.
    case memoryRead(MemoryRead, keys: String, values: String)
  }

  /// One thing to do for every object.
  struct Instruction {
    let action: Action
    /// The values that it reads.
    let inputs: [Int]
    /// The value that it makes.
    let output: Int
    /// The step that it is part of.
    let step: String
    /// Whether it makes the step's value.
    let endsStep: Bool

    /// Whether the last input must lie where the result goes.
    var overwritesLastInput: Bool {
      if case .kernel(let kernel) = action { kernel.overwritesLastInput } else { false }
    }

    /// The bytes of working memory that it needs.
    var workspaceByteCount: Int {
      switch action {
      case .kernel(let kernel): kernel.workspaceByteCount
      case .memoryRead(let read, _, _): read.workspaceByteCount
      }
    }
  }

  /// How one object of each value is held.
  private(set) var values: [Held] = []
  /// What is done, in order.
  private(set) var instructions: [Instruction] = []
  /// The values by their names in the program.
  private(set) var named: [String: Int] = [:]
  /// The program's inputs, but for memories, by name.
  private(set) var inputs: [String: Int] = [:]

  /// The program's inputs that are memories.
  let memories: Set<String>

  private let bound: BoundProgram
  private let arithmetic: Arithmetic
  private let packed: PackedWeights
  private let engine: Engine
  private var converted: [Conversion: Int] = [:]

  private var schedules = RecentCache<ScheduleKey, Schedule>(capacity: 8)

  private struct ScheduleKey: Hashable {
    let external: Set<Int>
    let perObject: Set<String>
  }

  private struct Conversion: Hashable {
    let value: Int
    let target: Held
  }

  /// Prepares `steps` of `bound` for inputs of `shapes`: `[C, H, W]`, or `[C, T, h, w]` for
  /// memories, of which `T` does not matter.
  init(
    _ steps: [Step], of bound: BoundProgram, shapes: [String: [Int]], arithmetic: Arithmetic,
    packed: PackedWeights, on engine: Engine
  ) throws {
    self.bound = bound
    self.arithmetic = arithmetic
    self.packed = packed
    self.engine = engine
    memories = Set(shapes.filter { $0.value.count == 4 }.keys)
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) where shape.count == 3 {
      try naming(name) {
        let value = add(try ValueStore.standard([1] + shape, as: bound.storage(of: name)))
        inputs[name] = value
        named[name] = value
      }
    }
    for step in steps { try naming(step.name) { try prepare(step, shapes) } }
  }

  /// Where values lie, for values that lie outside and inputs that every object has for itself.
  func schedule(external: Set<Int>, perObject: Set<String>) -> Schedule {
    schedules.value(for: ScheduleKey(external: external, perObject: perObject)) {
      Schedule(self, external: external, perObject: perObject)
    }
  }

  private func prepare(_ step: Step, _ shapes: [String: [Int]]) throws(LibraryFailure) {
    if case .memoryRead = step.operation { return try prepareRead(step, shapes) }
    var operands: [Int] = []
    for (index, name) in step.inputs.enumerated() {
      guard let value = named[name] else { preconditionFailure("no value '\(name)'") }
      let storage = bound.operandStorage(of: step, index)
      guard storage != bound.storage(of: name) else {
        operands.append(value)
        continue
      }
      let seam = try ValueStore.standard(values[value].descriptor.dimensions, as: storage)
      operands.append(
        try round(try convert(value, to: seam, for: step), to: storage, for: step))
    }
    let storage = bound.storage(of: step.name)
    let quantization: AffineQuantization? =
      if case .quantized(let held) = storage { held } else { nil }
    let kernel = try StepKernels(bound, arithmetic, packed, engine)
      .kernel(for: step, operands.map { values[$0] })
    for (index, layout) in kernel.inputs.enumerated() {
      let held = values[operands[index]]
      // Integers that are never negative are the same bytes in either type.
      let isInteger = layout.type == dnnl_u8 || layout.type == dnnl_s8
      let meaning = step.operation == .concatenate ? quantization : held.quantization
      let isSame =
        isInteger && held.quantization == meaning && layout.byteCount == held.descriptor.byteCount
        && layout.with(held.descriptor.type) == held.descriptor
      guard Held(layout, isInteger ? meaning : nil) != held && !isSame else { continue }
      operands[index] = try convert(
        operands[index], to: Held(layout, isInteger ? meaning : nil), for: step)
    }
    let made = add(Held(kernel.output, kernel.output.type == dnnl_f32 ? nil : quantization))
    emit(.kernel(kernel), operands, made, step)
    try store(made, as: storage, for: step)
  }

  /// Brings the fresh value of `step` into its storage and names it.
  private func store(
    _ made: Int, as storage: Storage, for step: Step
  ) throws(LibraryFailure) {
    var made = made
    let held = values[made]
    switch storage {
    case .float32: break
    case .bfloat16 where held.descriptor.type == dnnl_bf16: break
    case .bfloat16 where Processor.hasBFloat16:
      made = try convert(made, to: Held(held.descriptor.with(dnnl_bf16)), for: step)
    case .float16, .bfloat16: made = try round(made, to: storage, for: step)
    case .quantized:
      if held.quantization == nil {
        made = try convert(
          made, to: try ValueStore.standard(held.descriptor.dimensions, as: storage), for: step)
      }
    }
    named[step.name] = made
    let last = instructions.removeLast()
    instructions.append(
      Instruction(
        action: last.action, inputs: last.inputs, output: last.output, step: step.name,
        endsStep: true))
  }

  private func prepareRead(
    _ step: Step, _ shapes: [String: [Int]]
  ) throws(LibraryFailure) {
    guard let keys = shapes[step.inputs[0]], let values = shapes[step.inputs[1]],
      let query = named[step.inputs[2]]
    else { preconditionFailure("'\(step.name)' reads a memory that is not the program's input") }
    let (size, storage) = (Array(keys.suffix(2)), bound.operandStorage(of: step, 0))
    let read = try MemoryRead(
      keys: FrameLayout(.keys, [keys[0]] + size, bound.storage(of: step.inputs[0])),
      values: FrameLayout(.values, [values[0]] + size, bound.storage(of: step.inputs[1])),
      storage: storage,
      layout: bound.hasIntegerSteps ? .channelsLast : ValueStore.layout(of: [values[0]]),
      topK: bound.topK,
      on: engine)
    let operand = try round(
      try convert(query, to: Held(read.query), for: step), to: storage, for: step)
    let made = add(Held(read.output))
    emit(
      .memoryRead(read, keys: step.inputs[0], values: step.inputs[1]), [operand], made, step)
    try store(made, as: bound.storage(of: step.name), for: step)
  }

  /// `value` rounded to `storage`, where its type does not say so already.
  private func round(
    _ value: Int, to storage: Storage, for step: Step
  ) throws(LibraryFailure) -> Int {
    let held = values[value]
    guard held.descriptor.type == dnnl_f32, storage == .float16 || storage == .bfloat16 else {
      return value
    }
    let rounded = add(held)
    emit(.kernel(RoundingKernel(held.descriptor, to: storage)), [value], rounded, step)
    return rounded
  }

  /// `value` held as `target` says.
  private func convert(
    _ value: Int, to target: Held, for step: Step
  ) throws(LibraryFailure) -> Int {
    var value = value
    for next in values[value].path(to: target) {
      if let known = converted[Conversion(value: value, target: next)] {
        value = known
        continue
      }
      let made = add(next)
      emit(
        .kernel(try ConversionKernel(from: values[value], to: next, on: engine)), [value], made,
        step)
      converted[Conversion(value: value, target: next)] = made
      value = made
    }
    return value
  }

  private func add(_ held: Held) -> Int {
    values.append(held)
    return values.count - 1
  }

  private func emit(_ action: Action, _ inputs: [Int], _ output: Int, _ step: Step) {
    instructions.append(
      Instruction(
        action: action, inputs: inputs, output: output, step: step.name, endsStep: false))
  }
}
