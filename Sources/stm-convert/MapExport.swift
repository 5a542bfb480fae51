import ArgumentParser
import CommandSupport
import Mapping
import Reports

/// `stm-convert map`: the mapping with its evidence, without writing.
struct MapExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Shows what each tensor of an export is taken for, and why.",
    discussion: """
      Nothing is written. Evidence is one of: name (canonical), convention:NAME (a known way to \
      write the name), prefix:PREFIX (only one module fits what stands under it), rule:N (your \
      own), topology:NODE <- SOURCE (the place of its layer in the graph), assumed:WHAT.

      With --suggest, prints rules for what is missing and unexpected, to edit and to give back \
      with --map.

      EXAMPLES
        stm-convert map memorize.onnx query.onnx decode.onnx
        stm-convert map encoder.weights.h5 decoder.weights.h5 --json
        stm-convert map strange.pth --suggest > rules.yaml
      """)

  @OptionGroup var mapping: MappingArguments
  @Flag(help: "Print rules to edit instead.") var suggest = false
  @OptionGroup var show: OutputOptions

  func run() throws {
    let mapped = try mapping.mapped(try mapping.read())
    if suggest {
      try show.show(
        text: mapped.suggestedRules, json: try ImportReport(mapped, sources: mapping.inputs).json)
      return
    }
    let report = ImportReport(mapped, sources: mapping.inputs)
    try show.show(text: report.map, json: try report.json)
    if !mapped.audit.isClean {
      throw MappingError.misfit(sources: mapping.inputs, problems: mapped.audit.allProblems)
    }
  }
}
