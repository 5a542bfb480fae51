import Execution
import Networks
import Segmentation
import Tensors

/// Holds the reference's values of one program run until the candidate's arrive.
final class LayerComparison {
  private let reference: [BoundProgram]
  private let candidate: [BoundProgram]
  /// For each program the steps that both have.
  private let compared: [Set<String>]
  /// For each program the values that its steps read last, by step.
  private let lastRead: [[String: [String]]]
  private var recorded: [String: FloatTensor] = [:]
  private var isolated: [String: LayerMetrics] = [:]
  private var contributions: [String: [Double]] = [:]
  private var residualRounding: [String: Double] = [:]
  private var accumulated: [String: LayerMetrics] = [:]

  /// A comparison of the programs of two networks, one by one.
  init(of candidate: CompiledNetwork, with reference: CompiledNetwork) {
    self.reference = reference.programs.map(\.bound)
    self.candidate = candidate.programs.map(\.bound)
    compared = zip(self.reference, self.candidate).map { left, right in
      Set(Set(left.program.steps).intersection(right.program.steps).map(\.name))
    }
    lastRead = self.candidate.map { bound in
      var values: [String: [String]] = [:]
      for (value, reader) in bound.program.lastReaders { values[reader, default: []].append(value) }
      return values
    }
  }

  /// Taps that keep the reference's values of program number `index`.
  func record(_ index: Int) -> Taps {
    let steps = candidate[index].program.steps.filter { compared[index].contains($0.name) }
    return Taps(compared[index].union(steps.compactMap(\.residual))) { self.recorded[$0] = $1 }
  }

  /// Taps that compare the candidate's values of program number `index` in frame number `frame`.
  func accumulate(_ index: Int, frame: Int) -> Taps {
    Taps(compared[index]) { name, value in
      self.include(value, of: name, index, frame: frame, in: &self.accumulated)
    }
  }

  /// Taps that compare them and put the reference's values, which are no longer kept once nothing
  /// reads them, in their place.
  func isolate(_ index: Int, frame: Int) -> Taps {
    let steps = candidate[index].program.steps.reduce(into: [:]) { $0[$1.name] = $1 }
    return Taps(
      compared[index],
      replacingWith: { name in
        let value = self.compared[index].contains(name) ? self.recorded[name] : nil
        for read in self.lastRead[index][name] ?? [] { self.recorded[read] = nil }
        return value
      },
      receive: { name, value in
        self.include(value, of: name, index, frame: frame, in: &self.isolated)
        guard let step = steps[name], let residual = step.residual,
          let added = self.recorded[residual], let reference = self.recorded[name]
        else { return }
        let energies = reference.energiesAdded(to: added, isRectified: step.appliesReLU)
        self.contributions[name] =
          self.contributions[name].map { zip($0, energies).map(+) } ?? energies
        var residuals = ErrorMetrics()
        residuals.include(reference: added, candidate: added)
        self.residualRounding[name, default: 0] += self.candidate[index].storage(of: residual)
          .roundingEnergy(of: residuals.referenceEnergy, elements: value.values.count)
      })
  }

  private func include(
    _ value: FloatTensor, of name: String, _ index: Int, frame: Int,
    in metrics: inout [String: LayerMetrics]
  ) {
    guard let reference = recorded[name] else {
      preconditionFailure("the reference's '\(name)' is not kept")
    }
    metrics[name, default: LayerMetrics()].include(
      reference: reference, candidate: value, frame: frame,
      storage: candidate[index].storage(of: name))
  }

  /// Every step that was compared, in the order in which they run.
  func layers(_ criteria: ClipCriteria) -> [ClipVerification.Layer] {
    zip(candidate, compared).flatMap { bound, compared in
      bound.program.steps.filter { compared.contains($0.name) }.map { step in
        let isolated = isolated[step.name] ?? LayerMetrics()
        let storage = bound.storage(of: step.name)
        let rounding = storage.roundingEnergy(
          of: isolated.total.referenceEnergy, elements: isolated.total.count)
        return ClipVerification.Layer(
          name: step.name, program: bound.program.name, covers: step.covers,
          isConvolution: step.convolution != nil, precision: bound.arithmetic(of: step),
          isolated: isolated, accumulated: accumulated[step.name] ?? LayerMetrics(),
          contributedEnergies: contributions[step.name] ?? isolated.channels.map(\.referenceEnergy),
          storage: storage, roundingEnergy: rounding + (residualRounding[step.name] ?? 0),
          tolerance: criteria.tolerance(of: step, in: bound))
      }
    }
  }

  /// The steps that only one of the networks has.
  var unmatched: [ClipVerification.Unmatched] {
    zip(zip(reference, candidate), compared).flatMap { programs, compared in
      let sides = [(programs.0, ClipVerification.Side.reference), (programs.1, .candidate)]
      return sides.flatMap { bound, side in
        bound.program.steps.filter { !compared.contains($0.name) }.map { step in
          ClipVerification.Unmatched(
            name: step.name, program: bound.program.name, covers: step.covers, side: side)
        }
      }
    }
  }
}

extension Step {
  /// The value that the step adds its own to, if it does.
  fileprivate var residual: String? { addsResidual ? inputs.last : nil }
}
