import ArgumentParser
import CommandSupport
import Differentiation
import Foundation
import OneDNNBackend
import Training

/// What happens in a step, and how many there are.
struct StepOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How often weights are changed.", valueName: "n")) var steps = 1000
  @Option(
    help: ArgumentHelp("Clips in a step, over all processes together.", valueName: "n"))
  var batch = 4
  @Option(
    help: ArgumentHelp(
      "The height and width of clips, multiples of 16.", valueName: "HEIGHTxWIDTH"))
  var size = FrameSize(height: 384, width: 384)
  @Option(help: "What random numbers follow from: same seed, same clips.") var seed: UInt64 = 1
  @Option(
    help: """
      Batch norms: frozen keeps their running statistics, as published; batch normalizes by each clip \
      and lets the running statistics follow. (default: frozen; from scratch: batch)
      """)
  var batchNorm: BatchNormChoice?
  @Option(
    help: """
      What is computed in: bf16, for convolutions, is faster where the processor has it; fp64 is plain \
      loops, which the others are held against, and some forty times as slow. Weights are fp32.
      """)
  var precision = PrecisionChoice.fp32
  @Flag(
    help: """
      Remember only what lies between the stages of the network and compute the rest again, in less \
      memory and more time. Results do not depend on it.
      """)
  var checkpointStages = false
  @Option(
    help: "Threads to compute with, in each process. (default: one a core)")
  var threads: Int?

  func validate() throws {
    if steps < 1 { throw ValidationError("--steps: expected at least 1, found \(steps)") }
    guard (1...4096).contains(batch) else {
      throw ValidationError("--batch: expected 1 to 4096, found \(batch)")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: expected 1 to 1024, found \(threads)")
    }
    try size.check()
  }

  /// The number of threads.
  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
}

/// Where batch norms have their moments from.
enum BatchNormChoice: String, ExpressibleByArgument, CaseIterable { case frozen, batch }

/// What is computed in.
enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable { case fp32, bf16, fp64 }

extension StepOptions {
  /// What happens to batch norms.
  func batchNorms(fromScratch: Bool) -> BatchNormTraining {
    switch batchNorm {
    case .frozen: .frozen
    case .batch: .batch
    case nil: fromScratch ? .batch : .frozen
    }
  }

  /// How many clips of `count` are computed at once, and the threads that each has.
  func division(of count: Int) -> (workers: Int, threads: Int) {
    let workers = min(threadCount, count)
    return (workers, max(1, threadCount / workers))
  }
}
