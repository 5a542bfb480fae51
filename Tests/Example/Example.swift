import Files
import Images
import STM
import Segmentation

/// Follows the objects of a mask through pictures and prints how many pixels each has in each.
///
///     stm-example MODEL MASK.png FRAME FRAME...
@main enum Example {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 4 else {
      print("usage: stm-example MODEL MASK.png FRAME FRAME...")
      return
    }
    let model = try STMModel(contentsOf: arguments[0])
    var session = model.session(policy: BoundedMemory(.frames(8)))
    let mask = ObjectMask(try ImageFile.readMask(arguments[1]))
    try session.remember(STMFrame(contentsOf: arguments[2]), mask)
    for path in arguments[3...] {
      let found = try session.segment(STMFrame(contentsOf: path))
      let areas = found.objects.map { id in
        "\(id): \(found.mask.ids.count { $0 == id })"
      }
      print(path, areas.joined(separator: ", "))
    }
  }
}
