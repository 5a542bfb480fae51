import Execution
import Models
import STMModel
import Tensors

/// The three `layers` programs of a model, ready to run.
struct LayersNetwork {
  let memorize: any CompiledProgram
  let query: any CompiledProgram
  let decode: any CompiledProgram

  init(_ model: Model, backend: any Backend) throws {
    memorize = try backend.compile(model.layers(model.network.memorize))
    query = try backend.compile(model.layers(model.network.query))
    decode = try backend.compile(model.layers(model.network.decode))
  }

  /// The layers whose values nobody can see.
  var insideFolds: Set<String> {
    [memorize, query, decode].reduce(into: []) { $0.formUnion($1.bound.program.layersInsideFolds) }
  }
}
