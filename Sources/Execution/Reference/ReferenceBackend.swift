import Foundation
import Networks
import Quantization
import Tensors

/// Runs programs in plain loops: slow, and the meaning of every step.
///
/// Sums of convolutions and of the memory read are accumulated in binary64 and rounded once; the
/// faster backends are held against these results.
public struct ReferenceBackend: Backend {
  public static let name = "reference"

  private let threads: Int

  /// A backend that spreads output planes over `threads` threads, one a core if that is nil;
  /// results do not depend on it.
  public init(threads: Int? = nil) {
    self.threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
  }

  public func compile(_ program: BoundProgram) -> any CompiledProgram {
    ReferenceProgram(bound: program, threads: threads)
  }
}

/// A program that ``ReferenceBackend`` runs. Values are binary32 numbers that their storage can
/// hold, so reading one back is the value itself.
struct ReferenceProgram: CompiledProgram {
  let bound: BoundProgram
  let threads: Int

  func run(
    held inputs: [String: any HeldTensor], taps: Taps
  ) throws -> [String: any HeldTensor] {
    let program = bound.program
    let taps = taps.multiplying(by: bound.factors)
    var values: [String: FloatTensor] = [:]
    for name in program.inputs {
      guard let input = inputs[name] else {
        throw ExecutionError.missingInput(program: program.name, input: name)
      }
      values[name] = stored(try input.floats(), bound.storage(of: name))
      if taps.names.contains(name), let value = values[name] { try taps.receive(name, value) }
    }
    var lastReader = program.lastReaders
    for output in program.outputs { lastReader[output.value] = nil }
    for step in program.steps {
      let value = try evaluate(step, step.inputs.compactMap { values[$0] }, taps.attention)
      taps.stepEnded?(step.name)
      if taps.names.contains(step.name) { try taps.receive(step.name, value) }
      values[step.name] = try replacement(of: value, step, taps) ?? value
      for input in step.inputs where lastReader[input] == step.name { values[input] = nil }
    }
    return Dictionary(
      uniqueKeysWithValues: program.outputs.compactMap { output in
        values[output.value].map { (output.name, $0) }
      })
  }

  func run(step name: String, inputs: [FloatTensor]) throws -> FloatTensor {
    guard let step = bound.program.step(name) else {
      throw ExecutionError.noStep(program: bound.program.name, step: name)
    }
    return try evaluate(
      step, zip(inputs, step.inputs).map { stored($0, bound.storage(of: $1)) })
  }

  func prepare(_ frame: any HeldTensor, as input: String) throws -> any HeldTensor { frame }

  private func replacement(
    of value: FloatTensor, _ step: Step, _ taps: Taps
  ) throws -> FloatTensor? {
    guard let replacement = try taps.replace?(step.name) else { return nil }
    guard replacement.shape == value.shape else {
      throw ExecutionError.replacement(
        step: step.name, expected: value.shape, found: replacement.shape)
    }
    return stored(replacement, bound.storage(of: step.name))
  }

  /// What is left of `value` once it is held as `storage` says.
  private func stored(_ value: FloatTensor, _ storage: Storage) -> FloatTensor {
    guard storage != .float32 else { return value }
    return FloatTensor(shape: value.shape, values: value.values.map(storage.rounded))
  }

  /// What `step` computes with of the images `x`.
  private func normalized(
    _ x: FloatTensor, _ normalization: ImageNormalization, of step: Step
  ) -> FloatTensor {
    let result = perChannel(x) { ($0 - normalization.mean[$1]) / normalization.deviation[$1] }
    return stored(result, bound.normalizedStorage(of: step))
  }

  private func evaluate(
    _ step: Step, _ inputs: [FloatTensor], _ tap: AttentionTap? = nil
  ) throws -> FloatTensor {
    let shape = try step.outputShape(for: inputs.map(\.shape))
    let inputs = inputs.enumerated().map { stored($1, bound.operandStorage(of: step, $0)) }
    let x = inputs[0]
    var result: FloatTensor
    switch (step.operation, bound.parameters(of: step)) {
    case (.convolution(let geometry), .integer(let convolution)):
      return convolve(
        x, geometry, convolution, residual: step.addsResidual ? inputs[1] : nil,
        appliesReLU: step.appliesReLU, shape: shape, threads: threads)
    case (
      .convolution(let geometry), .float(.convolution(let weight, let bias, let normalization))
    ):
      let x = normalization.map { self.normalized(x, $0, of: step) } ?? x
      result = convolve(x, geometry, weight: weight, bias: bias, threads: threads)
      if step.addsResidual { result = add([inputs[1], result], shape: shape) }
      if step.appliesReLU { result = rectify(result) }
    case (.normalize, .float(.normalization(let mean, let deviation))):
      result = perChannel(x) { ($0 - mean[$1]) / deviation[$1] }
    case (.batchNormalization, .float(.batchNormalization(let scale, let shift))):
      result = perChannel(x) { $0 * scale[$1] + shift[$1] }
    case (.relu, _): result = rectify(x)
    case (.maxPool(let pool), _): result = maxPool(x, pool, shape: shape)
    case (.add, _):
      if let sum = bound.integerSum(of: step) { return sum.evaluate(inputs, shape: shape) }
      result = add(inputs, shape: shape)
    case (.upsample(let factor), _):
      if let sum = bound.integerSum(of: step) {
        return sum.evaluate(inputs, upsampling: factor, shape: shape)
      }
      result = upsample(x, by: factor)
      if step.addsResidual { result = add([inputs[1], result], shape: shape) }
    case (.concatenate, _): result = concatenate(inputs, shape: shape)
    case (.memoryRead, _):
      let attention: FloatTensor?
      (result, attention) = readMemory(
        keys: x, values: inputs[1], query: inputs[2], topK: bound.topK,
        countsAttention: tap != nil, threads: threads)
      if let tap, let attention {
        try tap.receive(
          step.name, tap.detail == .entries ? attention : attention.summedOverEntries())
      }
    default: preconditionFailure("step '\(step.name)' is bound to another kind of parameters")
    }
    return stored(result, bound.storage(of: step.name))
  }
}
