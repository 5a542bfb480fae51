import COneDNN
import Execution
import Tensors

/// One run of a recipe: memory for its values, and the values that stay afterwards.
@safe struct RecipeRun {
  private let recipe: Recipe
  private let schedule: Schedule
  private let loader: InputLoader
  private let objects: Int
  private let outside: [Int: Value]
  private let memories: [String: [MemoryFrame]]
  private let inputNames: [String]
  private let arena: Buffer

  /// Makes room for a run on `inputs`, of which the values called `outputs` stay.
  init(
    _ recipe: Recipe, inputs: [String: any HeldTensor], outputs: Set<String>,
    loader: InputLoader
  ) throws {
    self.recipe = recipe
    self.loader = loader
    var (outside, memories): ([Int: Value], [String: [MemoryFrame]]) = ([:], [:])
    var perObject: Set<String> = []
    var objects = 1
    for (name, tensor) in inputs.sorted(by: { $0.key < $1.key })
    where recipe.inputs[name] != nil || recipe.memories.contains(name) {
      try naming(name) {
        if let value = recipe.inputs[name] {
          outside[value] = try loader.load(
            tensor, as: recipe.values[value], loader.storage(of: name))
        } else if let role = loader.role(of: name) {
          memories[name] = try loader.frames(tensor, role, of: name)
        }
      }
      objects = max(objects, tensor.shape[0])
      if tensor.shape[0] > 1 { perObject.insert(name) }
    }
    let external = Set(outputs.compactMap { recipe.named[$0] }).union(outside.keys)
    schedule = recipe.schedule(external: external, perObject: perObject)
    for value in external where outside[value] == nil {
      let held = recipe.values[value]
      let count = schedule.places[value].isPerObject ? objects : 1
      outside[value] = loader.store.empty(
        Held(held.descriptor.with(objects: count), held.quantization))
    }
    self.objects = objects
    self.outside = outside
    self.memories = memories
    inputNames = recipe.inputs.keys.sorted()
    arena = loader.store.engine.pool.buffer(
      byteCount: schedule.frameByteCount + objects * schedule.objectByteCount
        + schedule.workspaceByteCount)
  }

  /// The value called `name`, which must be one of the outputs.
  func output(_ name: String) -> Value {
    guard let index = recipe.named[name], let value = outside[index] else {
      preconditionFailure("'\(name)' did not stay")
    }
    return value
  }

  /// Runs every instruction.
  func execute(_ taps: Taps) throws {
    for name in inputNames where taps.names.contains(name) {
      if let value = recipe.inputs[name] { try receive(name, value, taps) }
    }
    for name in recipe.memories.sorted() where taps.names.contains(name) {
      guard let frames = memories[name] else { continue }
      try taps.receive(name, try FrameStack(frames).floats())
    }
    let workspace =
      unsafe arena.start + schedule.frameByteCount + objects * schedule.objectByteCount
    var operands = unsafe StepOperands([], workspace, workspace)
    unsafe operands.inputs.reserveCapacity(8)
    for (index, instruction) in recipe.instructions.enumerated() {
      try naming(instruction.step) {
        let isPerObject = schedule.places[instruction.output].isPerObject
        var attention: [Float] = []
        for object in 0..<(isPerObject ? objects : 1) {
          unsafe operands.inputs.removeAll(keepingCapacity: true)
          for input in instruction.inputs {
            unsafe operands.inputs.append(start(input, object))
          }
          unsafe operands.output = start(instruction.output, object)
          if schedule.copiesLastInput[index] { copyLastInput(instruction, operands) }
          attention += try run(instruction, operands, object, taps.attention?.detail)
        }
        if let tap = taps.attention, case .memoryRead(_, let keys, _) = instruction.action,
          let frames = memories[keys]
        {
          let size = tap.detail == .entries ? frames[0].shape.dimensions.suffix(2) : []
          let count = isPerObject ? objects : 1
          try tap.receive(
            instruction.step,
            FloatTensor(shape: Shape([count, frames.count] + size), values: attention))
        }
      }
      guard instruction.endsStep else { continue }
      taps.stepEnded?(instruction.step)
      if taps.names.contains(instruction.step) {
        try receive(instruction.step, instruction.output, taps)
      }
      if let replacement = try taps.replace?(instruction.step) {
        try naming(instruction.step) {
          try replace(instruction.output, by: replacement, of: instruction.step)
        }
      }
    }
  }

  /// Puts `tensor`, rounded to its storage, in the place of a value that was just made.
  private func replace(_ value: Int, by tensor: FloatTensor, of step: String) throws {
    let held = recipe.values[value]
    let expected = Shape([count(of: value)] + held.descriptor.dimensions.dropFirst())
    guard tensor.shape == expected else {
      throw ExecutionError.replacement(step: step, expected: expected, found: tensor.shape)
    }
    for object in 0..<expected[0] {
      try unsafe loader.store(tensor, object: object, at: start(value, object), held, of: step)
    }
  }

  /// How many objects have a value of their own.
  private func count(of value: Int) -> Int {
    if case .external = schedule.places[value] { return outside[value]?.shape[0] ?? 1 }
    return schedule.places[value].isPerObject ? objects : 1
  }

  /// Returns the attention that a memory read paid, counted by `detail`.
  private func run(
    _ instruction: Recipe.Instruction, _ operands: StepOperands, _ object: Int,
    _ detail: AttentionDetail?
  ) throws -> [Float] {
    switch instruction.action {
    case .kernel(let kernel):
      try kernel.run(operands)
      return []
    case .memoryRead(let read, let keyName, let valueName):
      guard let keys = memories[keyName], let values = memories[valueName] else {
        preconditionFailure("no memory for '\(instruction.step)'")
      }
      if object == 0 { try unsafe read.begin(operands.inputs[0], operands.workspace) }
      return try unsafe read.run(
        keys.count, { unsafe (keys[$0].start(object), values[$0].start(object)) },
        to: operands.output, operands.workspace, attention: detail)
    }
  }

  private func copyLastInput(_ instruction: Recipe.Instruction, _ operands: StepOperands) {
    let byteCount = recipe.values[instruction.output].descriptor.byteCount
    let source = unsafe operands.inputs[instruction.inputs.count - 1]
    let chunk = 1 << 18
    Team.forEach((byteCount + chunk - 1) / chunk) { part in
      unsafe (operands.output + part * chunk).copyMemory(
        from: source + part * chunk, byteCount: min(chunk, byteCount - part * chunk))
    }
  }

  private func start(_ value: Int, _ object: Int) -> UnsafeMutableRawPointer {
    switch schedule.places[value] {
    case .arena(let offset, let isPerObject):
      guard isPerObject else { return unsafe arena.start + offset }
      return unsafe arena.start + schedule.frameByteCount + object * schedule.objectByteCount
        + offset
    case .external:
      guard let outside = outside[value] else { preconditionFailure("nothing at \(value)") }
      let stride = recipe.values[value].descriptor.byteCount
      return unsafe outside.buffer.start + (outside.shape[0] == 1 ? 0 : object * stride)
    }
  }

  private func receive(_ name: String, _ value: Int, _ taps: Taps) throws {
    let count = count(of: value)
    let held = recipe.values[value]
    if let receive = taps.receiveElements, held.isDenseBinary32,
      let (interleaved, length) = held.descriptor.channelRuns
    {
      for object in 0..<count {
        unsafe receiveElements(start(value, object), held, interleaved, length) {
          receive(name, $0, $1)
        }
      }
      return
    }
    let parts = try (0..<count).map { object in
      try naming(name) { try unsafe loader.store.read(start(value, object), recipe.values[value]) }
    }
    try taps.receive(name, parts.count == 1 ? parts[0] : FloatTensor(stacking: parts))
  }

  /// Hands over the binary32 numbers at `start`, which lie in runs of `length` elements of
  /// `interleaved` channels, in parts of some whole runs or of a piece of one, spread over the team.
  private func receiveElements(
    _ start: UnsafeMutableRawPointer, _ held: Held, _ interleaved: Int, _ length: Int,
    _ receive: (Span<Float>, ChannelRuns) -> Void
  ) {
    let count = held.descriptor.dimensions.reduce(1, *)
    let limit = 1 << 18
    let pieces = max(length / limit, 1)
    let piece = ((length + pieces - 1) / pieces).roundedUp(to: interleaved)
    let part = pieces > 1 ? piece : max(limit / length, 1) * length
    let partsOfRun = (length + part - 1) / part
    let parts = pieces > 1 ? count / length * partsOfRun : (count + part - 1) / part
    let elements = unsafe UnsafeBufferPointer(
      start: start.assumingMemoryBound(to: Float.self), count: count)
    Team.forEach(parts) { index in
      let (run, piece) = index.quotientAndRemainder(dividingBy: partsOfRun)
      let first = pieces > 1 ? run * length + piece * part : index * part
      let last = min(first + part, pieces > 1 ? (run + 1) * length : count)
      let runs = ChannelRuns(
        first: first / length * interleaved, interleaved: interleaved,
        length: min(length, last - first))
      unsafe receive(elements.span.extracting(first..<last), runs)
    }
  }
}

extension Held {
  /// Whether it is binary32 numbers alone, without zeros that fill blocks.
  fileprivate var isDenseBinary32: Bool {
    quantization == nil && descriptor.type == dnnl_f32
      && descriptor.byteCount == 4 * descriptor.dimensions.reduce(1, *)
  }
}
