package import Execution
public import Foundation
package import Models
import OneDNNBackend
import Quantization
public import Segmentation

/// A space-time memory network, ready to segment videos.
///
/// One model serves any number of sessions, on any threads; runs that are asked for at once wait for
/// each other.
public struct STMModel: Sendable {
  /// Whether layers in int8 run in plain loops, which is slow: the processor cannot sum products of
  /// 8-bit integers exactly.
  public let usesPlainLoops: Bool

  let network: CompiledNetwork
  private let model: Model
  private let topK: Int?
  private let arithmetic: String

  /// Loads the model file at `path`: binary32, binary16, bfloat16, int8 or any mix of them, as
  /// `stm-convert` and `stm-quantize` write it, or a plain safetensors file of the checkpoint's names.
  ///
  /// It computes with `threads` threads; nil: one for every physical core. Reads of the memory are
  /// limited to the `topK` best entries; nil: all. Convolutions are summed by the definition, or, where
  /// `isFast`, by Winograd's algorithm where that takes less time, which rounds more. Throws what
  /// reading and compiling the model throw.
  public init(
    contentsOf path: String, threads: Int? = nil, topK: Int? = nil, isFast: Bool = false
  ) throws {
    let model = try Model(path: path)
    let backend: any Backend =
      model.plan.hasIntegerLayers && !OneDNNBackend.runsIntegers
      ? ReferenceBackend(threads: threads)
      : try OneDNNBackend(threads: threads, arithmetic: isFast ? .fast : .exact)
    try self.init(model, backend: backend, topK: topK, isFast: isFast)
  }

  /// Loads the model file at `url`, as ``init(contentsOf:threads:topK:isFast:)-(String,_,_,_)`` does.
  public init(
    contentsOf url: URL, threads: Int? = nil, topK: Int? = nil, isFast: Bool = false
  ) throws {
    try self.init(
      contentsOf: url.path(percentEncoded: false), threads: threads, topK: topK, isFast: isFast)
  }

  /// A model at hand, to run on `backend`, whose arithmetic is fast where `isFast`. Throws what
  /// compiling it throws.
  package init(
    _ model: Model, backend: any Backend, topK: Int? = nil, isFast: Bool = false
  ) throws {
    self.model = model
    self.topK = topK
    usesPlainLoops = backend is ReferenceBackend
    arithmetic = "\(type(of: backend).name), \((isFast ? Arithmetic.fast : .exact).rawValue)"
    network = try CompiledNetwork(model, backend: backend, topK: topK)
  }

  /// Begins a video, whose memory `policy` rules: as published, or bounded.
  ///
  ///     var session = model.session(policy: BoundedMemory(.frames(8)))
  public func session(policy: any MemoryPolicy = EveryNthFrame()) -> STMSession {
    STMSession(self, policy)
  }

  /// Goes on with the session that ``STMSession/save(to:note:)`` wrote to `path`, exactly.
  ///
  /// Throws ``STMError/otherSession(path:noun:expected:found:)`` where it is one of another model,
  /// policy, arithmetic, read or note, ``STMError/damagedSession(path:tensor:)``, what reading
  /// safetensors throws, or what the network throws.
  public func session(
    policy: any MemoryPolicy = EveryNthFrame(), savedAt path: String, note: String = ""
  ) throws -> STMSession {
    let saved = try SavedSession(path: path, model.configuration)
    try saved.check(try description(policy, note))
    var session = session(policy: policy)
    try session.restore(saved)
    return session
  }

  /// What tells sessions apart that cannot go on from one another.
  func description(_ policy: any MemoryPolicy, _ note: String) throws -> [String: String] {
    var description = ["note": note]
    for (noun, value) in try facts(policy) { description[noun] = value }
    return description
  }

  /// What masks follow from, beside frames and first masks, by name.
  package func facts(_ policy: any MemoryPolicy) throws -> [(noun: String, value: String)] {
    [
      ("model", try model.fingerprint), ("memory", policy.description),
      ("top-k", topK.map(String.init) ?? "all"), ("arithmetic", arithmetic),
    ]
  }
}
