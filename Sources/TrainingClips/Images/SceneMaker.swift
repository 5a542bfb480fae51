import Training

/// Puts objects onto a background at random.
struct SceneMaker {
  let settings: ImageClipSettings
  let gallery: Gallery
  /// Gives the picture of a number, taken apart.
  let prepared: (Int) throws -> PreparedPicture

  private var shortSide: Double { Double(min(settings.width, settings.height)) }
  private var frame: Box {
    Box(low: .zero, high: SIMD2(Double(settings.width), Double(settings.height)))
  }
  private var leastPixels: Double {
    max(settings.leastArea * Double(settings.width * settings.height), 1)
  }

  /// A background and, over it, at most `count` objects, of which the first is of the picture `primary`,
  /// and where `isCovered` perhaps what covers one, in the order from behind.
  ///
  /// Throws what reading pictures throws.
  func layers(
    primary: Int, count: Int, isCovered: Bool, random: inout SplitMix64
  ) throws -> [Layer] {
    let color = settings.color.change(&random)
    let ground = try background(primary: primary, &random)
    var (objects, own): ([Layer], [Int]) = ([], ground.ownObjects)
    for id in 1...UInt8(count) {
      if let object = own.last, id == 1 || random.uniform() < 0.5 {
        own.removeLast()
        objects.append(
          try moving(
            primary, object, ground.window.place(width: settings.width), id: id, color, &random))
      } else {
        let picture = id == 1 ? primary : other(than: primary, &random)
        objects.append(try scattered(picture, id: id, color, &random))
      }
    }
    random.shuffle(&objects)
    let cover =
      isCovered && random.uniform() < settings.occlusion.probability
      ? [try occluder(of: random.element(of: objects), color, &random)] : []
    return [try layer(ground, color, &random)] + objects + cover
  }

  /// A picture with objects other than `picture`, or that where there is no other.
  private func other(than picture: Int, _ random: inout SplitMix64) -> Int {
    let others = gallery.withObjects.filter { $0 != picture }
    return others.isEmpty ? picture : random.element(of: others)
  }

  /// A picture, the part of it that the frames show, and the numbers of the objects that may be at their
  /// own places, that which must be last.
  private struct Ground {
    let picture: Int
    let window: CropWindow
    let ownObjects: [Int]
  }

  private func background(primary: Int, _ random: inout SplitMix64) throws -> Ground {
    let isBackground = gallery.pictures[primary].maskPath != nil
    let others = gallery.backgrounds.count - (isBackground ? 1 : 0)
    if isBackground, random.uniform() < settings.ownBackground || others == 0 {
      let outlines = gallery.pictures[primary].outlines
      var objects = Array(outlines.indices)
      random.shuffle(&objects)
      let window = window(primary, holding: objects.last.map { outlines[$0] }, &random)
      return Ground(picture: primary, window: window, ownObjects: objects)
    }
    var index = random.integer(in: 0...others - 1)
    if isBackground, gallery.backgrounds[index] >= primary { index += 1 }
    let picture = gallery.backgrounds[index]
    return Ground(
      picture: picture, window: window(picture, holding: nil, &random), ownObjects: [])
  }

  /// A window into `picture`; with an object, around its middle and not so large that too little of it
  /// would be left.
  private func window(
    _ picture: Int, holding outline: ObjectOutline?, _ random: inout SplitMix64
  ) -> CropWindow {
    let size = gallery.pictures[picture].size
    let zoom = CropWindow.zoom(size, settings.width, settings.height)
    let largest = outline.map { (Double($0.pixelCount) / (2 * leastPixels)).squareRoot() / zoom }
    return CropWindow(
      into: size, width: settings.width, height: settings.height, shares: settings.crop,
      largestShare: largest ?? 1, around: outline?.box.center, mirrored: settings.mirrored,
      random: &random)
  }

  private func layer(
    _ ground: Ground, _ color: ColorChange, _ random: inout SplitMix64
  ) throws -> Layer {
    guard let pixels = try prepared(ground.picture).background else {
      preconditionFailure("a cut-out as background")
    }
    let motion = LayerMotion(
      box: frame, range: settings.backgroundMotion, unit: shortSide,
      steadiness: settings.steadiness, random: &random)
    return finished(
      pixels, ground.window.place(width: settings.width), motion, id: 0, color, &random)
  }

  /// An object of `picture` somewhere in the frame, in a size of its own.
  private func scattered(
    _ picture: Int, id: UInt8, _ color: ColorChange, _ random: inout SplitMix64
  ) throws -> Layer {
    let outlines = gallery.pictures[picture].outlines
    let index = random.integer(in: 0...outlines.count - 1)
    let across = random.uniform(in: 0.15...0.85)
    let center = SIMD2(across, random.uniform(in: 0.15...0.85)) * frame.extent
    let length = min(
      random.uniform(in: settings.objectSize) * shortSide,
      ImageClipSettings.mostEnlarged * outlines[index].box.longSide)
    let place = placement(outlines[index], center: center, length: length, &random)
    return try moving(picture, index, place, id: id, color, &random)
  }

  /// From the frame to the picture of `outline`, so that its middle is at `center` and its longer side
  /// `length` pixels, tilted and mirrored at random.
  private func placement(
    _ outline: ObjectOutline, center: SIMD2<Double>, length: Double, _ random: inout SplitMix64
  ) -> AffineTransform {
    let box = outline.box
    let turned = AffineTransform(
      rotation: random.uniform(in: -settings.objectTilt...settings.objectTilt),
      scale: box.longSide / length, shear: 0, around: center, translation: box.center - center)
    guard random.uniform() < settings.mirrored else { return turned }
    return turned.followed(by: AffineTransform(xx: -1, offset: SIMD2(2 * box.center.x, 0)))
  }

  private func moving(
    _ picture: Int, _ index: Int, _ place: AffineTransform, id: UInt8, _ color: ColorChange,
    _ random: inout SplitMix64
  ) throws -> Layer {
    let box = gallery.pictures[picture].outlines[index].box.bounds(after: place.inverse)
    let motion = LayerMotion(
      box: box, range: settings.objectMotion, unit: shortSide, steadiness: settings.steadiness,
      random: &random)
    return finished(try prepared(picture).objects[index], place, motion, id: id, color, &random)
  }

  /// What comes over `object`, from a side, in the second or the third frame.
  private func occluder(
    of object: Layer, _ color: ColorChange, _ random: inout SplitMix64
  ) throws -> Layer {
    let frame = random.integer(in: 1...2)
    let target = object.motion.box
    let length = max(target.longSide * random.uniform(in: settings.occlusion.size), 2)
    let way = random.direction() * ((target.longSide + length) / 2 * random.uniform(in: 0.6...1))
    let beside = random.direction() * (target.longSide * random.uniform(in: 0...0.3))
    let center = target.center + object.motion.poses[frame].translation + beside
    let start = center - way * Double(frame)
    let (pixels, place, box): (PixelPyramid, AffineTransform, Box)
    if random.uniform() < 0.5 {
      let picture = random.element(of: gallery.withObjects)
      let outlines = gallery.pictures[picture].outlines
      let index = random.integer(in: 0...outlines.count - 1)
      place = placement(outlines[index], center: start, length: length, &random)
      (pixels, box) = (
        try prepared(picture).objects[index], outlines[index].box.bounds(after: place.inverse)
      )
    } else {
      let half = SIMD2(length, length * random.uniform(in: 0.4...1)) / 2
      pixels = PixelPyramid(
        first: .plainShape(half, &random), origin: .zero, unit: 1, border: .transparent)
      place = AffineTransform(
        rotation: random.uniform(in: 0...360), scale: 1, shear: 0, around: start,
        translation: half + 1 - start)
      box = Box(low: .zero, high: 2 * half + 2).bounds(after: place.inverse)
    }
    let poses = (0..<TrainingClip.frameCount).map {
      LayerMotion.Pose(translation: way * Double($0))
    }
    return finished(pixels, place, LayerMotion(box: box, poses: poses), id: 0, color, &random)
  }

  /// A layer with colours and blur at random.
  private func finished(
    _ pixels: PixelPyramid, _ place: AffineTransform, _ motion: LayerMotion, id: UInt8,
    _ color: ColorChange, _ random: inout SplitMix64
  ) -> Layer {
    var changes = [color]
    while changes.count < TrainingClip.frameCount {
      changes.append(changes[changes.count - 1].with(settings.colorDrift.change(&random)))
    }
    let blurs = settings.blur.blurs(of: motion, unit: shortSide, &random)
    return Layer(
      pixels: pixels, place: place, motion: motion, colors: changes.map(\.matrix), blurs: blurs,
      id: id)
  }
}
