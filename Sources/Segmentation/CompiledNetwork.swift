public import Execution
public import Models
public import Networks
import STMModel

/// The three programs of a model, ready to run: the deployed ones, unless others are asked for.
public struct CompiledNetwork: Sendable {
  /// Frame and masks to key and value.
  public let memorize: any CompiledProgram
  /// Frame to key, value and skips.
  public let query: any CompiledProgram
  /// Memory and query to logits.
  public let decode: any CompiledProgram

  /// Compiles the deployed programs of `model`, whose memory reads are limited to the `topK` best
  /// entries (`BoundProgram.topK`); nil: all of them. Throws what binding and compiling throw.
  public init(_ model: Model, backend: any Backend, topK: Int? = nil) throws {
    try self.init(model, backend: backend) { try model.deployed($0, topK: topK) }
  }

  /// Compiles what `lower` makes of each graph of `model`. Throws what it and compiling throw.
  public init(
    _ model: Model, backend: any Backend,
    lowering lower: (Graph<LayerOperation>) throws -> BoundProgram
  ) throws {
    memorize = try backend.compile(lower(model.network.memorize))
    query = try backend.compile(lower(model.network.query))
    decode = try backend.compile(lower(model.network.decode))
  }

  /// The programs in the order in which a clip meets them.
  public var programs: [any CompiledProgram] { [memorize, query, decode] }
}
