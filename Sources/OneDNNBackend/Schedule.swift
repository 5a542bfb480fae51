/// Where the values of a recipe lie while it runs, planned by the instructions that read them last.
///
/// Values that depend on the frame alone exist once, the others once an object; the second kind
/// lies in a region that every object has for itself.
struct Schedule {
  /// Where a value lies.
  enum Place {
    /// In the region of the frame, or of each object; bytes from the region's start.
    case arena(Int, isPerObject: Bool)
    /// Outside: what the program was given or hands out.
    case external(isPerObject: Bool)

    /// Whether every object has one.
    var isPerObject: Bool {
      switch self {
      case .arena(_, let isPerObject), .external(let isPerObject): isPerObject
      }
    }
  }

  /// The place of each value.
  let places: [Place]
  /// Whether each instruction has to copy its last input to where its result goes.
  let copiesLastInput: [Bool]
  /// The bytes of the frame's region.
  let frameByteCount: Int
  /// The bytes of each object's region.
  let objectByteCount: Int
  /// The bytes of working memory.
  let workspaceByteCount: Int

  /// Plans `recipe`; `external` are the values that lie outside, `perObject` the inputs and
  /// memories by name that every object has for itself.
  init(_ recipe: Recipe, external: Set<Int>, perObject: Set<String>) {
    var lastReader = [Int](repeating: -1, count: recipe.values.count)
    var isPerObject = [Bool](repeating: false, count: recipe.values.count)
    for (name, value) in recipe.inputs { isPerObject[value] = perObject.contains(name) }
    for (index, instruction) in recipe.instructions.enumerated() {
      for input in instruction.inputs { lastReader[input] = index }
      var objects = instruction.inputs.contains { isPerObject[$0] }
      if case .memoryRead(_, let keys, _) = instruction.action {
        objects = objects || perObject.contains(keys)
      }
      isPerObject[instruction.output] = objects
    }

    var places = isPerObject.map { Place.external(isPerObject: $0) }
    var copies: [Bool] = []
    var (frame, object) = (Region(), Region())
    for (index, instruction) in recipe.instructions.enumerated() {
      let output = instruction.output
      let objects = isPerObject[output]
      var isPlaced = external.contains(output)
      var copiesLastInput = instruction.overwritesLastInput
      if instruction.overwritesLastInput, !isPlaced, let addend = instruction.inputs.last,
        lastReader[addend] == index, !instruction.inputs.dropLast().contains(addend),
        !external.contains(addend), isPerObject[addend] == objects
      {
        places[output] = places[addend]
        if objects { object.pass(addend, to: output) } else { frame.pass(addend, to: output) }
        (isPlaced, copiesLastInput) = (true, false)
      }
      if !isPlaced {
        let byteCount = recipe.values[output].descriptor.byteCount
        let start = objects ? object.place(output, byteCount) : frame.place(output, byteCount)
        places[output] = .arena(start, isPerObject: objects)
      }
      copies.append(copiesLastInput)
      for input in Set(instruction.inputs + [output]) where lastReader[input] <= index {
        if isPerObject[input] { object.free(input) } else { frame.free(input) }
      }
    }
    self.places = places
    copiesLastInput = copies
    frameByteCount = frame.byteCount
    objectByteCount = object.byteCount
    workspaceByteCount = recipe.instructions.map(\.workspaceByteCount).max() ?? 0
  }
}

/// Memory of which values take the lowest part that is free.
private struct Region {
  /// The bytes that were ever in use.
  private(set) var byteCount = 0
  private var taken: [(value: Int, range: Range<Int>)] = []

  mutating func place(_ value: Int, _ byteCount: Int) -> Int {
    let size = byteCount.roundedUp(to: 64)
    var start = 0
    var index = 0
    while index < taken.count, taken[index].range.lowerBound < start + size {
      start = taken[index].range.upperBound
      index += 1
    }
    taken.insert((value, start..<start + size), at: index)
    self.byteCount = max(self.byteCount, start + size)
    return start
  }

  mutating func pass(_ value: Int, to other: Int) {
    for index in taken.indices where taken[index].value == value { taken[index].value = other }
  }

  mutating func free(_ value: Int) { taken.removeAll { $0.value == value } }
}
