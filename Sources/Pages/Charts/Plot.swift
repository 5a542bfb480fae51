/// The frame that charts over a row of columns share: layers along the network, or frames of a clip.
struct Plot {
  /// The width and height of the drawing in its own pixels.
  let width: Double, height: Double
  /// The space around the columns.
  let left: Double, right: Double, top: Double, bottom: Double
  /// How many columns there are.
  let count: Int

  init(
    width: Double, height: Double, count: Int, left: Double = 46, right: Double = 10,
    top: Double = 12, bottom: Double = 26
  ) {
    (self.width, self.height, self.count) = (width, height, count)
    (self.left, self.right, self.top, self.bottom) = (left, right, top, bottom)
  }

  /// Where the columns end.
  var end: Double { width - right }
  /// Where the plot ends below.
  var floor: Double { height - bottom }
  /// The width of a column.
  var column: Double { (end - left) / Double(max(count, 1)) }

  /// The left side of column `index`.
  func start(of index: Int) -> Double { left + Double(index) * column }

  /// The middle of column `index`.
  func middle(of index: Int) -> Double { left + (Double(index) + 0.5) * column }

  /// The drawing, which screen readers know by `title` and `description`; `id` starts their ids.
  func drawing(
    id: String, title: String, description: String, variant: String = "", _ children: [Markup]
  ) -> Markup {
    .element(
      "svg",
      [
        "viewBox": "0 0 \(width.attributeText) \(height.attributeText)", "role": "img",
        "class": variant.isEmpty ? nil : variant, "aria-labelledby": "\(id)-title \(id)-text",
      ],
      [
        .element("title", ["id": "\(id)-title"], [Markup(title)]),
        .element("desc", ["id": "\(id)-text"], [Markup(description)]),
      ] + children)
  }

  /// Labels below the columns where each group of them starts, those that have the room.
  func groups(_ groups: [(start: Int, end: Int, label: String)]) -> [Markup] {
    groups.flatMap { group -> [Markup] in
      let (start, end) = (start(of: group.start), self.start(of: group.end))
      let tick = Markup.element(
        "path", ["class": "tick", "d": Path().move(start, floor).line(start, floor + 5).text])
      guard end - start >= 6.4 * Double(group.label.count) + 6 else { return [tick] }
      return [tick, label(group.label, x: start + 3, y: floor + 15)]
    }
  }

  /// A label that starts, is centred or ends at `x`.
  func label(_ text: String, x: Double, y: Double, anchor: String = "start") -> Markup {
    .element("text", ["x": x, "y": y, "text-anchor": anchor], [Markup(text)])
  }
}

/// The `d` of a path.
struct Path {
  private(set) var text = ""

  func move(_ x: Double, _ y: Double) -> Path { adding("M", x, y) }

  func line(_ x: Double, _ y: Double) -> Path { adding("L", x, y) }

  /// A rectangle, whose sides lie where those of its neighbours do.
  func box(x: Double, y: Double, width: Double, height: Double) -> Path {
    func placed(_ place: Double) -> Double { (place * 10).rounded() / 10 }
    let (width, height) = (placed(x + width) - placed(x), placed(y + height) - placed(y))
    var path = adding("M", placed(x), placed(y))
    path.text +=
      "h\(width.attributeText)v\(height.attributeText)h\((-width).attributeText)z"
    return path
  }

  /// A point, which a round or square line cap makes visible.
  func dot(_ x: Double, _ y: Double) -> Path {
    var path = adding("M", x, y)
    path.text += "h0"
    return path
  }

  private func adding(_ command: String, _ x: Double, _ y: Double) -> Path {
    var path = self
    path.text += "\(command)\(x.attributeText) \(y.attributeText)"
    return path
  }
}
