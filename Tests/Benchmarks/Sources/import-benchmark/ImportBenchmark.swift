import Foundation

/// Times `stm-convert` against copying its output with `dd`, and weighs its memory.
///
///     import-benchmark --tool PATH --exports FOLDER [--python PATH] [--runs N]
///
/// FOLDER is a set of exports at the published size, which the script of the mapping's fixtures
/// makes with real exporters:
///
///     python Tests/MappingTests/Fixtures/exporters/make.py FOLDER --width 64 --blocks 3,4,6 \
///         --key 128 --value 512 --decoder 256 --only 'torchscript-17-*,pytorch-zip,hdf5-flat'
///
/// Every round runs each command once, so that all see the same
/// machine; the medians are printed.
@main struct ImportBenchmark {
  /// An import of one format, and how much memory it may take relative to its files.
  private struct Case {
    let name: String
    let format: String
    let files: [String]
    let memoryLimit: Double
  }

  private static let cases = [
    Case(
      name: "onnx", format: "onnx",
      files: ["memorize", "query", "decode"].map { "torchscript-17-unfolded/\($0).onnx" },
      memoryLimit: 2.2),
    Case(
      name: "onnx folded", format: "onnx",
      files: ["folded/memorize", "folded/query", "unfolded/decode"]
        .map { "torchscript-17-\($0).onnx" }, memoryLimit: 2.2),
    Case(name: "hdf5", format: "hdf5", files: ["hdf5-flat/stm.h5"], memoryLimit: 1.2),
    Case(
      name: "safetensors", format: "safetensors", files: ["stm.safetensors"], memoryLimit: 1.2),
    Case(name: "pth", format: "pth", files: ["pytorch-zip/stm.pth"], memoryLimit: 1.2),
  ]

  static func main() {
    do {
      try measure(Settings(CommandLine.arguments.dropFirst()))
    } catch {
      print("import-benchmark: error: \(error)")
      exit(1)
    }
  }

  private static func measure(_ settings: Settings) throws {
    let output = "\(settings.exports)/output.safetensors"
    let copy = "\(settings.exports)/copy.safetensors"
    defer { for file in [output, copy] { try? FileManager.default.removeItem(atPath: file) } }
    print("format       seconds       dd  limit  memory MB  of files  limit  python s  python MB")
    for item in cases {
      let files = item.files.map { "\(settings.exports)/\($0)" }
      let size = try files.map { try sizeOfFile($0) }.reduce(0, +)
      var (tool, dd, python): ([Cost], [Cost], [Cost]) = ([], [], [])
      do {
        for _ in 0..<settings.runs {
          tool.append(try run([settings.tool] + files + ["-o", output, "--quiet"]))
          dd.append(
            try run(["dd", "if=\(output)", "of=\(copy)", "bs=8M", "conv=fsync", "status=none"]))
          if let interpreter = settings.python {
            python.append(
              try run([interpreter, settings.script, item.format] + files + [copy]))
          }
        }
      } catch let failure as Failure {
        print("\(item.name): \(failure)")
        continue
      }
      let (cost, floor) = (median(tool), median(dd))
      let name = item.name.padding(toLength: 11, withPad: " ", startingAt: 0)
      var line =
        name
        + String(
          format: " %8.3f %8.3f %6.3f %10.1f %9.2f %6.2f", cost.seconds, floor.seconds,
          2.5 * floor.seconds + 0.3, Double(cost.memory) / 1e6,
          Double(cost.memory) / Double(size), item.memoryLimit)
      if !python.isEmpty {
        let cost = median(python)
        line += String(format: " %9.3f %10.1f", cost.seconds, Double(cost.memory) / 1e6)
      }
      print(line)
    }
  }

  /// The medians of times and memories, each by itself.
  private static func median(_ costs: [Cost]) -> Cost {
    Cost(
      seconds: costs.map(\.seconds).sorted()[costs.count / 2],
      memory: costs.map(\.memory).sorted()[costs.count / 2])
  }

  private static func sizeOfFile(_ path: String) throws -> Int {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard let size, size > 0 else { throw Failure(description: "\(path): expected a file") }
    return size
  }
}
