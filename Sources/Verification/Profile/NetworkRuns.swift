import Execution
import Segmentation

/// A network's programs that have run once, with what each is given.
struct NetworkRuns {
  /// The seconds that each program took in one pass.
  struct Seconds {
    let memorize: Double
    let query: Double
    let decode: Double
  }

  /// The programs.
  let network: CompiledNetwork
  /// What `memorize` is given.
  let memorizing: [String: any HeldTensor]
  /// What `query` is given.
  let querying: [String: any HeldTensor]
  /// What `decode` is given: what `query` hands out, and the memory.
  let decoding: [String: any HeldTensor]
  /// What `memorize` hands out.
  let memorized: [String: any HeldTensor]
  /// How long the first runs took.
  let first: Seconds

  /// Runs every program once, the decoder on a memory of what `memorize` hands out.
  ///
  /// Throws what running throws.
  init(of network: CompiledNetwork, on inputs: ProfileInputs) throws {
    self.network = network
    memorizing = inputs.memorize
    querying = inputs.query
    let memorized = try timed { try Self.memorize(inputs.memorize, network) }
    let queried = try timed { try network.query.run(held: inputs.query, taps: .none) }
    let memory = try inputs.memory(
      key: memorized.result.output("key"), value: memorized.result.output("value"),
      for: network.decode)
    let decoding = queried.result.merging(memory) { $1 }
    let decoded = try timed { try network.decode.run(held: decoding, taps: .none) }
    self.memorized = memorized.result
    self.decoding = decoding
    first = Seconds(
      memorize: memorized.seconds, query: queried.seconds, decode: decoded.seconds)
  }

  /// Runs `memorize` and brings what it hands out into the memory, as every frame that is kept is.
  private static func memorize(
    _ inputs: [String: any HeldTensor], _ network: CompiledNetwork
  ) throws -> [String: any HeldTensor] {
    let outputs = try network.memorize.run(held: inputs, taps: .none)
    for (output, input) in [("key", "memory_keys"), ("value", "memory_values")] {
      _ = try network.decode.prepare(outputs.output(output), as: input)
    }
    return outputs
  }

  /// Runs every program once more, the decoder right behind the query, as in use.
  ///
  /// Throws what running throws.
  func pass() throws -> Seconds {
    let memorize = try timed { try Self.memorize(memorizing, network) }.seconds
    let queried = try timed { try network.query.run(held: querying, taps: .none) }
    let inputs = decoding.merging(queried.result) { $1 }
    let decode = try timed { try network.decode.run(held: inputs, taps: .none) }.seconds
    return Seconds(memorize: memorize, query: queried.seconds, decode: decode)
  }
}
