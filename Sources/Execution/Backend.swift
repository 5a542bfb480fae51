public import Tensors

/// Something that runs programs.
public protocol Backend: Sendable {
  /// The name that people choose it by.
  static var name: String { get }

  /// Prepares `program` for any number of runs.
  func compile(_ program: BoundProgram) throws -> any CompiledProgram
}

/// A program ready to run. Frame size, number of objects and memory length are those of the
/// inputs of each run.
public protocol CompiledProgram: Sendable {
  /// What was compiled.
  var bound: BoundProgram { get }

  /// Runs every step. Inputs and outputs are binary32, `[N, C, H, W]`, by their names outside
  /// the program; an input is rounded to its value's storage first.
  ///
  /// Taps observe only: outputs are byte-identical with and without them. Throws
  /// ``ExecutionError`` for inputs that do not fit, or what a tap throws.
  func run(_ inputs: [String: FloatTensor], taps: Taps) throws -> [String: FloatTensor]

  /// Runs the step called `name` alone, on binary32 inputs in the step's order, which are rounded
  /// to their storage first; returns the step's value.
  ///
  /// Throws ``ExecutionError``.
  func run(step name: String, inputs: [FloatTensor]) throws -> FloatTensor
}

/// Values to be observed while a program runs.
public struct Taps {
  /// Receives a value's name and the value, read back from its storage.
  public typealias Receiver = (String, FloatTensor) throws -> Void

  /// The values, by name; program inputs included.
  public let names: Set<String>
  /// What is called for each of them, in the order in which they are made.
  public let receive: Receiver

  /// Taps on the values `names`.
  public init(_ names: Set<String>, receive: @escaping Receiver) {
    self.names = names
    self.receive = receive
  }

  /// Nothing is observed.
  public static var none: Taps { Taps([]) { _, _ in } }
}

extension CompiledProgram {
  /// Runs every step, observing nothing.
  public func run(_ inputs: [String: FloatTensor]) throws -> [String: FloatTensor] {
    try run(inputs, taps: .none)
  }
}
