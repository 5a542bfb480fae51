public import Models
import Networks
public import OnnxFiles
import Quantization
import STMModel

/// A model as ONNX graphs: `memorize`, `query` and `decode`, as the network defines them.
///
/// | holds | is written as |
/// |---|---|
/// | a step | nodes named like the layers that it covers; a folded batch norm has none |
/// | fp16 or bf16 weights | `X.weight.fp16` or `X.weight.bf16`, which a `Cast` widens to `X.weight` |
/// | int8 weights | `X.weight.int8`, which a `DequantizeLinear` with a scale for each output channel makes `X.weight` |
/// | a value held in 16 bits | two `Cast`: to that type and back |
/// | a value held in 8 bits | `QuantizeLinear` and `DequantizeLinear` |
///
/// All arithmetic is in binary32, as the definition of a step says; what is rounded, and where, are
/// the program's own seams, no more and no fewer. So a runtime may fuse as far as this leaves the
/// results alone: ONNX Runtime makes a convolution whose result is quantized at once
/// `QLinearConv`, and computes one that first adds a residual in binary32.
public struct OnnxExport: Sendable {
  /// What kinds of graphs can be written.
  public enum Target: String, Sendable, CaseIterable {
    /// Floating-point operators alone, for fp32, fp16 and bf16.
    case onnx
    /// With `QuantizeLinear` and `DequantizeLinear`, for models that hold integers.
    case qdq = "onnx-qdq"
  }

  /// The graphs, in the order in which a clip meets them.
  public let documents: [OnnxDocument]
  /// The version of the standard operator set that defines their nodes.
  public let operatorSet: Int

  /// The graphs of `model` in a version of the standard operator set.
  ///
  /// Batch norms that a binary32 model keeps are written as such, unless `foldsBatchNorms`: only so
  /// an import of the graphs gives the same weights again. `metadata` goes into each file;
  /// `version` is that of the tool. Throws ``ExportError``, or what binding and reading parameters
  /// throw.
  public init(
    of model: Model, to target: Target, operatorSet: Int = 17, foldsBatchNorms: Bool = false,
    metadata: [String: String] = [:], version: String
  ) throws {
    guard OnnxDocument.operatorSets.contains(operatorSet) else {
      throw ExportError.operatorSet(found: operatorSet)
    }
    self.operatorSet = operatorSet
    documents = try model.network.graphs.map { graph in
      let keepsBatchNorms = model.plan == PrecisionPlan(.float32) && !foldsBatchNorms
      let program = keepsBatchNorms ? try model.layers(graph) : try model.deployed(graph)
      var exporter = try GraphExporter(
        program, of: graph, in: model.network, weights: model.weights)
      return try exporter.document(
        operatorSet: operatorSet, producer: ("stm-tools", version), metadata: metadata)
    }
    let holdsIntegers = documents.contains { document in
      document.nodes.contains { $0.operation.type == "DequantizeLinear" }
    }
    switch target {
    case .onnx where holdsIntegers:
      throw ExportError.integers(path: model.path, precision: model.plan.name)
    case .qdq where !holdsIntegers:
      throw ExportError.noIntegers(path: model.path, precision: model.plan.name)
    case .onnx, .qdq: break
    }
  }
}
