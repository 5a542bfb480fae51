public import Models
import Networks
public import OnnxExport
import OnnxFiles
import Quantization
import STMModel
import Tensors

/// What an export wrote, as text and as JSON (`Schemas/export-report.schema.json`).
public struct ExportReport: JSONReport {
  struct Value: Encodable {
    let name: String
    let elementType: String
    let dimensions: [Extent]

    init(_ value: OnnxDocument.Value) {
      name = value.name
      elementType = value.elementType.rawValue
      dimensions = value.dimensions.map(Extent.init)
    }
  }

  /// A number, or the name of what a run is given.
  struct Extent: Encodable {
    let dimension: OnnxDocument.Dimension

    init(_ dimension: OnnxDocument.Dimension) { self.dimension = dimension }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch dimension {
      case .fixed(let extent): try container.encode(extent)
      case .symbol(let name): try container.encode(name)
      }
    }
  }

  struct File: Encodable {
    let file: String
    let bytes: Int
    let sha256: String
    let inputs: [Value]
    let outputs: [Value]
    let constants: Int
    let operators: [String: Int]

    init(_ document: OnnxDocument, _ source: Provenance.Source) {
      file = source.name
      bytes = source.bytes
      sha256 = source.sha256
      inputs = document.inputs.map(Value.init)
      outputs = document.outputs.map(Value.init)
      constants = document.initializers.count
      operators = Dictionary(
        document.nodes.map { ($0.operation.type, 1) }, uniquingKeysWith: +)
    }
  }

  let model: String
  let configuration: STMConfiguration
  let precision: String
  let target: String
  let operatorSet: Int
  let files: [File]

  /// A report of `export`, whose documents were written as `files`.
  public init(
    _ export: OnnxExport, of model: Model, to target: OnnxExport.Target,
    files: [Provenance.Source]
  ) {
    self.model = model.path.split(separator: "/").last.map(String.init) ?? model.path
    configuration = model.configuration
    precision = model.plan.name
    self.target = target.rawValue
    operatorSet = export.operatorSet
    self.files = zip(export.documents, files).map(File.init)
  }

  /// The report for a terminal; `output` is the folder.
  public func text(output: String) -> String {
    let rows = files.map { file in
      [
        file.file, file.inputs.map(\.name).joined(separator: ", "),
        file.outputs.map(\.name).joined(separator: ", "),
        "\(file.operators.values.reduce(0, +))", "\(file.bytes)",
      ]
    }
    let table = Table(
      titles: ["file", "inputs", "outputs", "nodes", "bytes"], textColumns: 3, rows: rows)
    return """
      \(table.text)\(model): \(precision), \(configuration)
      wrote \(files.count) graphs to \(output): \(target), operator set \(operatorSet)

      """
  }
}
