public import Execution
public import Models
import STMModel
import Tensors

/// The three deployed programs of a model, ready to run.
public struct CompiledNetwork: Sendable {
  /// Frame and masks to key and value.
  public let memorize: any CompiledProgram
  /// Frame to key, value and skips.
  public let query: any CompiledProgram
  /// Memory and query to logits.
  public let decode: any CompiledProgram

  /// Compiles the programs of `model`. Throws what binding and compiling throw.
  public init(_ model: Model, backend: any Backend) throws {
    memorize = try backend.compile(model.deployed(model.network.memorize))
    query = try backend.compile(model.deployed(model.network.query))
    decode = try backend.compile(model.deployed(model.network.decode))
  }

  /// The programs in the order in which a clip meets them.
  public var programs: [any CompiledProgram] { [memorize, query, decode] }
}
