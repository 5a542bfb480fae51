public import Execution
public import Foundation
public import Models
import OneDNNBackend
import Quantization
public import Segmentation

/// A space-time memory network, ready to segment videos.
///
/// One model serves any number of sessions, on any threads; runs that are asked for at once wait for
/// each other.
public struct STMModel: Sendable {
  private let model: Model
  private let network: CompiledNetwork
  private let topK: Int?

  /// Loads the model file at `path`: binary32, binary16, bfloat16, int8 or any mix of them, as
  /// `stm-convert` and `stm-quantize` write it, or a plain safetensors file of the checkpoint's names.
  ///
  /// It computes with `threads` threads; nil: one for every physical core. Reads of the memory are
  /// limited to the `topK` best entries (`BoundProgram.topK`); nil: all. Models with int8 layers run
  /// in slow plain loops on processors that cannot sum 8-bit products exactly. Throws what reading and
  /// compiling the model throw.
  public init(contentsOf path: String, threads: Int? = nil, topK: Int? = nil) throws {
    let model = try Model(path: path)
    let backend: any Backend =
      model.plan.hasIntegerLayers && !OneDNNBackend.runsIntegers
      ? ReferenceBackend(threads: threads) : try OneDNNBackend(threads: threads)
    try self.init(model, backend: backend, topK: topK)
  }

  /// Loads the model file at `url`, as ``init(contentsOf:threads:topK:)-(String,_,_)`` does.
  public init(contentsOf url: URL, threads: Int? = nil, topK: Int? = nil) throws {
    try self.init(contentsOf: url.path(percentEncoded: false), threads: threads, topK: topK)
  }

  /// A model at hand, to run on `backend`. Throws what compiling it throws.
  public init(_ model: Model, backend: any Backend, topK: Int? = nil) throws {
    self.model = model
    self.topK = topK
    network = try CompiledNetwork(model, backend: backend, topK: topK)
  }

  /// Begins a video, whose memory `policy` rules: as published, or bounded.
  ///
  ///     var session = model.session(policy: BoundedMemory(.frames(8)))
  public func session(policy: any MemoryPolicy = EveryNthFrame()) -> STMSession {
    STMSession(network, policy)
  }

  /// Goes on with the session that ``STMSession/save(to:of:finished:)`` wrote to `path`, exactly.
  /// Returns it and the number of frames that were finished.
  ///
  /// Throws ``STMError/otherSession(path:noun:expected:found:)`` where it is one of another model,
  /// policy or read, ``STMError/damagedSession(path:tensor:)``, what reading safetensors throws, or
  /// what the network throws.
  public func session(
    policy: any MemoryPolicy = EveryNthFrame(), savedAt path: String
  ) throws -> (session: STMSession, finished: Int) {
    let saved = try SavedSession(path: path)
    try saved.check(try description(policy))
    var session = session(policy: policy)
    try session.restore(saved)
    return (session, saved.finished)
  }

  /// What tells sessions apart that cannot go on from one another.
  func description(_ policy: any MemoryPolicy) throws -> [String: String] {
    [
      "model": try model.fingerprint, "policy": "\(policy)",
      "top-k": topK.map(String.init) ?? "all",
    ]
  }
}
