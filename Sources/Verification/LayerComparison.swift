import Execution
import Networks
import Quantization
import Segmentation
import Tensors

/// Holds the reference's values of one program run until the candidate's arrive.
final class LayerComparison {
  private let programs: [BoundProgram]
  private let gates: ClipGates
  private var recorded: [String: FloatTensor] = [:]
  private var metrics: [String: ErrorMetrics] = [:]

  /// A comparison of the steps of `candidate`'s programs.
  init(of candidate: CompiledNetwork, gates: ClipGates) {
    programs = candidate.programs.map(\.bound)
    self.gates = gates
  }

  /// Taps that keep the reference's values of program number `index`.
  func record(_ index: Int) -> Taps {
    Taps(names(index)) { self.recorded[$0] = $1 }
  }

  /// Taps that compare the candidate's values of program number `index`.
  func compare(_ index: Int) -> Taps {
    Taps(names(index)) { name, value in
      guard let reference = self.recorded.removeValue(forKey: name) else {
        preconditionFailure("step '\(name)' has no counterpart")
      }
      self.metrics[name, default: ErrorMetrics()].include(reference: reference, candidate: value)
    }
  }

  /// Every step with what was measured, in the order in which they run.
  var layers: [ClipVerification.Layer] {
    programs.flatMap { bound in
      bound.program.steps.map { step in
        ClipVerification.Layer(
          name: step.name, program: bound.program.name, covers: step.covers,
          isConvolution: step.convolution != nil, precision: bound.arithmetic(of: step),
          metrics: metrics[step.name] ?? ErrorMetrics(),
          tolerance: gates.sqnr.tolerance(of: step.name))
      }
    }
  }

  private func names(_ index: Int) -> Set<String> {
    Set(programs[index].program.steps.map(\.name))
  }
}
