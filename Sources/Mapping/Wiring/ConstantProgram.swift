import Tensors

/// What a graph computes from its constants alone, before a run has any input.
///
/// Optimizers leave such operators behind: a kernel that is multiplied by the scale of a batch
/// norm, say. Shapes are known when an operator is added; elements are computed when they are
/// asked for, in binary64, and rounded to binary32 once.
struct ConstantProgram: Sendable {
  /// What an operator does to the elements of constants.
  enum Operation: Sendable, Hashable {
    /// The same elements, perhaps in another shape or type.
    case copy
    /// The axes in another order, as NumPy's `transpose`.
    case transpose([Int])
    case add, subtract, multiply, divide
    case negate, reciprocal, squareRoot, square
    /// `1 / sqrt(x)`.
    case reciprocalRoot
    /// A kernel whose channels lie in blocks, as ``ChannelBlocks`` draws it, in its usual order;
    /// only as many output channels as there is room for.
    case unblock(out: Int, in: Int)
    /// The first of a list.
    case first(Int)
  }

  /// A value that operators make of constants.
  private struct Step: Sendable {
    /// The operator, as in `Mul#7`.
    let name: String
    let operation: Operation
    let operands: [String]
    let shape: Shape
    let isFloatingPoint: Bool
    /// Its place among all steps.
    let index: Int

    /// What an audit says of the value.
    var transform: Transform {
      switch operation {
      case .unblock(let out, let input):
        .unblock("OIHW" + (input == 1 ? "" : "\(input)i") + "\(out)o")
      case .first(let count): .slice(axis: 0, 0..<count)
      default: .compute(name)
      }
    }
  }

  private let constants: TensorArchive?
  private var steps: [String: Step] = [:]
  /// The operators that are not known, by the values that depend on them.
  private var obstacles: [String: String] = [:]

  /// A program that computes nothing yet from `constants`.
  init(_ constants: TensorArchive? = nil) { self.constants = constants }

  /// How many operators a value may be made by; more are an obstacle.
  private static let stepLimit = 64

  /// The constant of the file called `name`, if it is one.
  func constant(_ name: String) -> TensorArchive.Entry? { constants?[name] }

  /// Whether `value` depends on constants alone.
  func holds(_ value: String) -> Bool {
    constants?[value] != nil || steps[value] != nil || obstacles[value] != nil
  }

  /// The shape of `value`, a constant or one that can be computed.
  func shape(_ value: String) -> Shape? { constants?[value]?.shape ?? steps[value]?.shape }

  /// Whether `value`, a constant or a computed one, has elements of a floating-point type.
  func isFloatingPoint(_ value: String) -> Bool {
    constants?[value]?.elementType.isFloatingPoint ?? steps[value]?.isFloatingPoint ?? false
  }

  /// Why `value`, which depends on constants alone, cannot be computed: an operator.
  func obstacle(_ value: String) -> String? {
    guard let step = steps[value] else { return obstacles[value] }
    return requirements(of: value) == nil ? "\(step.name) behind many others" : nil
  }

  /// Says that operator `name` makes `value` of `operands`.
  mutating func add(
    _ value: String, by name: String, _ operation: Operation, _ operands: [String],
    shape: Shape, isFloatingPoint: Bool
  ) {
    steps[value] = Step(
      name: name, operation: operation, operands: operands, shape: shape,
      isFloatingPoint: isFloatingPoint, index: steps.count)
  }

  /// Says that the operator `name` makes `value`, and cannot be computed.
  mutating func addObstacle(_ value: String, by name: String) { obstacles[value] = name }

  /// The values of steps that `value` needs, itself included, in an order in which they can be
  /// computed; nil where these are too many.
  private func requirements(of value: String) -> [String]? {
    var needed: Set<String> = []
    var open = [value]
    while let next = open.popLast() {
      guard let step = steps[next], needed.insert(next).inserted else { continue }
      guard needed.count <= Self.stepLimit else { return nil }
      open += step.operands
    }
    return needed.sorted { (steps[$0]?.index ?? 0) < (steps[$1]?.index ?? 0) }
  }
}

extension ConstantProgram {
  /// A tensor that the program computes.
  struct Result: Sendable {
    /// What is done to its parts.
    let transform: Transform
    /// The floating-point constants that it is made of, the largest first.
    let parts: [String]
    /// The tensor, of binary32 numbers.
    let entry: TensorArchive.Entry
  }

  /// What can be computed and has floating-point elements, in the order of the operators.
  var results: [Result] {
    steps.sorted { $0.value.index < $1.value.index }.compactMap { value, step in
      guard step.isFloatingPoint, let order = requirements(of: value) else { return nil }
      var parts: [TensorArchive.Entry] = []
      for operand in order.flatMap({ steps[$0]?.operands ?? [] }) {
        guard let entry = constants?[operand], !parts.contains(where: { $0.name == operand })
        else { continue }
        let place = parts.firstIndex { $0.shape.elementCount < entry.shape.elementCount }
        parts.insert(entry, at: place ?? parts.count)
      }
      let entry = TensorArchive.Entry(
        name: value, elementType: .float32, shape: step.shape, source: parts.first?.source ?? ""
      ) { Tensor(try floats(of: value, order)) }
      return Result(transform: step.transform, parts: parts.map(\.name), entry: entry)
    }
  }

  private func floats(of value: String, _ order: [String]) throws -> FloatTensor {
    var made: [String: NumberTensor] = [:]
    for name in order {
      guard let step = steps[name] else { continue }
      var operands: [NumberTensor] = []
      for operand in step.operands {
        if let known = made[operand] {
          operands.append(known)
        } else if let entry = constants?[operand] {
          operands.append(NumberTensor(try entry.tensor()))
        }
      }
      made[name] = NumberTensor(step.operation, operands, shape: step.shape)
    }
    let values = made[value]?.values.map { Float($0) } ?? []
    return FloatTensor(shape: made[value]?.shape ?? [0], values: values)
  }
}
