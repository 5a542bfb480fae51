import Execution
import Networks
import Quantization
import Tensors

/// One of a network's programs as a candidate runs it, with what it made of frames.
final class ProgramVariant {
  /// What tells variants of one program apart.
  struct Key: Hashable {
    let plan: PrecisionPlan
    let floatKernels: Set<String>
  }

  /// A frame of one of the clips.
  struct Frame: Hashable {
    let clip: Int
    let index: Int
  }

  /// The most bytes of results that one variant keeps.
  private static let capacity = 1 << 27

  /// The program.
  let compiled: any CompiledProgram
  private var results: [Frame: [String: any HeldTensor]] = [:]
  private var heldBytes = 0

  init(_ compiled: any CompiledProgram) { self.compiled = compiled }

  /// What the program makes of `frame`, for which it is given `inputs`. Throws what running throws.
  func result(
    for frame: Frame, _ inputs: () -> [String: any HeldTensor]
  ) throws -> [String: any HeldTensor] {
    if let known = results[frame] { return known }
    let result = try compiled.run(held: inputs(), taps: .none)
    let bytes = result.values.reduce(0) { $0 + 4 * $1.shape.elementCount }
    if heldBytes + bytes <= Self.capacity {
      results[frame] = result
      heldBytes += bytes
    }
    return result
  }
}

/// The variants of a program that were asked for last: one that stays while another changes.
struct RecentVariants {
  private var variants: [(key: ProgramVariant.Key, variant: ProgramVariant)] = []

  /// The variant of `key`; what `make` returns where none is remembered.
  mutating func variant(
    _ key: ProgramVariant.Key, make: () throws -> ProgramVariant
  ) rethrows -> ProgramVariant {
    if let index = variants.firstIndex(where: { $0.key == key }) {
      variants.append(variants.remove(at: index))
    } else {
      if variants.count > 1 { variants.removeFirst() }
      variants.append((key, try make()))
    }
    return variants[variants.count - 1].variant
  }
}

extension PrecisionPlan {
  /// What of the plan concerns `program`.
  func restricted(to program: Program) -> PrecisionPlan {
    let layers = Set(program.steps.map(\.layer))
    return PrecisionPlan(
      standard, exceptions: exceptions.filter { layers.contains($0.key) && $0.value != standard },
      memories: memories.filter { program.memories.contains($0.key) })
  }
}
