/// A step prepared for inputs of certain shapes.
protocol StepKernel {
  /// How it reads its inputs.
  var inputs: [MemoryDescriptor] { get }
  /// How it writes its result.
  var output: MemoryDescriptor { get }
  /// Whether it reads its last input where the result goes: a sum adds to it there.
  var overwritesLastInput: Bool { get }
  /// The bytes of working memory that a run needs.
  var workspaceByteCount: Int { get }

  /// Writes the result.
  func run(_ operands: StepOperands) throws(LibraryFailure)
}

extension StepKernel {
  var overwritesLastInput: Bool { false }
  var workspaceByteCount: Int { 0 }
}

/// Where the operands of a step lie.
@safe struct StepOperands {
  /// The inputs, in the step's order.
  var inputs: [UnsafeMutableRawPointer]
  /// The result.
  var output: UnsafeMutableRawPointer
  /// Working memory, whose contents are undefined.
  var workspace: UnsafeMutableRawPointer

  init(
    _ inputs: [UnsafeMutableRawPointer], _ output: UnsafeMutableRawPointer,
    _ workspace: UnsafeMutableRawPointer
  ) {
    unsafe self.inputs = inputs
    unsafe self.output = output
    unsafe self.workspace = workspace
  }
}

/// A step that is a single primitive.
protocol PrimitiveStep: StepKernel {
  /// The primitive.
  var kernel: Kernel { get }
}

extension PrimitiveStep {
  var workspaceByteCount: Int { kernel.workspaceByteCount }

  func run(_ operands: StepOperands) throws(LibraryFailure) { try kernel.run(operands) }
}
