public import Tensors

/// Something that runs programs.
public protocol Backend: Sendable {
  /// The name that people choose it by.
  static var name: String { get }

  /// Prepares `program` for any number of runs.
  func compile(_ program: BoundProgram) throws -> any CompiledProgram
}

/// How closely a backend keeps to the sums that define a step.
public enum Arithmetic: String, Sendable, Hashable, CaseIterable {
  /// Convolutions are summed directly: the same products as in the definition.
  case exact
  /// Convolutions may use Winograd's algorithm, which multiplies less and rounds more (Lavin and
  /// Gray, *Fast Algorithms for Convolutional Neural Networks*, CVPR 2016).
  case fast
}

/// A program ready to run. Frame size, number of objects and memory length are those of the
/// inputs of each run.
public protocol CompiledProgram: Sendable {
  /// What was compiled.
  var bound: BoundProgram { get }

  /// Runs every step. Inputs and outputs are real numbers, by their names outside the program;
  /// an input is rounded to its value's storage first. Outputs stay as the backend laid them out
  /// until somebody reads them, and are valid for as long as they are held.
  ///
  /// Taps that replace nothing observe only: outputs are byte-identical with and without them.
  /// Throws ``ExecutionError`` for inputs and replacements that do not fit, or what a tap throws.
  func run(held inputs: [String: any HeldTensor], taps: Taps) throws -> [String: any HeldTensor]

  /// `frame` `[N, C, h, w]` as the input called `input` reads it in every run that has it among
  /// the frames of a ``FrameStack``: whoever keeps a frame for many runs keeps this.
  ///
  /// Throws ``ExecutionError``.
  func prepare(_ frame: any HeldTensor, as input: String) throws -> any HeldTensor

  /// Runs the step called `name` alone, on binary32 inputs in the step's order, which are rounded
  /// to their storage first; returns the step's value.
  ///
  /// Throws ``ExecutionError``.
  func run(step name: String, inputs: [FloatTensor]) throws -> FloatTensor
}

extension CompiledProgram {
  /// Runs every step on row-major inputs and reads all outputs.
  ///
  /// Throws ``ExecutionError`` for inputs that do not fit, or what a tap throws.
  public func run(
    _ inputs: [String: FloatTensor], taps: Taps = .none
  ) throws -> [String: FloatTensor] {
    try run(held: inputs, taps: taps).mapValues { try $0.floats() }
  }
}
