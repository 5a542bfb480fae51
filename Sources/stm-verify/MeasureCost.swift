import ArgumentParser
import CommandSupport
import Foundation
import Models
import Verification

/// `stm-verify measure-cost`: what `clip` costs beside plain runs, for the benchmarks.
struct MeasureCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-cost",
    abstract: "Times comparisons over a clip and plain runs in turns; what make bench-verify runs.",
    shouldDisplay: false)

  @Argument(help: "The model to compare with.") var reference: String
  @Argument(help: "The model to be judged.") var candidate: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @Option(help: "How often each runs.") var rounds = 2
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100).contains(rounds) else {
      throw ValidationError("--rounds: expected 1 to 100, found \(rounds)")
    }
  }

  func run() throws {
    let clip = try clipOptions.open(clip)
    let models = (try Model(path: reference), try Model(path: candidate))
    let backends = try backend.make(reference: models.0.plan, candidate: models.1.plan)
    let progress = Progress("measuring", total: rounds, isQuiet: output.quiet)
    let cost = try VerificationCost(
      reference: models.0, candidate: models.1, clip: clip,
      backends: (backends.reference, backends.candidate), rounds: rounds, progress: progress.show)
    func object(_ round: VerificationCost.Round, _ time: (VerificationCost.Times) -> Double)
      -> String
    {
      String(
        format: "{\"reference\": %.3f, \"candidate\": %.3f, \"verification\": %.3f}",
        time(round.reference), time(round.candidate), time(round.verification))
    }
    let rounds = cost.rounds.map { round in
      "{\"wall\": \(object(round, \.wall)), \"processor\": \(object(round, \.processor))}"
    }
    try Terminal.write("[\(rounds.joined(separator: ",\n "))]\n")
  }
}
