import Foundation
public import Training

/// Clips of another source, prepared on a thread in the background before they are asked for.
///
/// The clips are those of the source, and so are errors, each thrown when its clip is asked for. Clips
/// that are not among the next are made when they are asked for; those of steps before the one asked for
/// are not kept. Nothing is prepared any more once it is released.
public final class PrefetchedClips: ClipSource {
  private let source: any ClipSource
  private let queue: Queue

  /// The clips of `source` at `positions` of the steps from `step` on, at most `ahead` of them prepared
  /// at a time.
  public init(_ source: any ClipSource, positions: Range<Int>, from step: Int, ahead: Int) {
    precondition(ahead >= 1 && !positions.isEmpty, "nothing to prepare")
    self.source = source
    let queue = Queue(positions: positions, step: step, ahead: ahead)
    self.queue = queue
    Thread {
      while let place = queue.next() {
        queue.add(
          Result { try source.clip(step: place.step, position: place.position) }, at: place)
      }
    }.start()
  }

  deinit { queue.close() }

  /// The source's clip, once it is prepared. Throws what the source throws.
  public func clip(step: Int, position: Int) throws -> TrainingClip {
    guard let prepared = queue.take(Place(step: step, position: position)) else {
      return try source.clip(step: step, position: position)
    }
    return try prepared.get()
  }
}

private struct Place: Hashable, Comparable {
  let step: Int
  let position: Int

  static func < (first: Place, second: Place) -> Bool {
    (first.step, first.position) < (second.step, second.position)
  }
}

/// Clips that are prepared, or about to be.
private final class Queue: @unchecked Sendable {  // what changes is guarded by `condition`
  private let condition = NSCondition()
  private let positions: Range<Int>
  private let ahead: Int
  /// The next place to prepare.
  private var upcoming: Place
  /// The place that is being prepared.
  private var current: Place?
  /// Places from ``upcoming`` on whose clips those who asked for them make themselves.
  private var taken: Set<Place> = []
  private var prepared: [Place: Result<TrainingClip, any Error>] = [:]
  private var isClosed = false

  init(positions: Range<Int>, step: Int, ahead: Int) {
    self.positions = positions
    self.ahead = ahead
    upcoming = Place(step: step, position: positions.lowerBound)
  }

  /// Waits until a clip is wanted, and begins it; nil: none is any more.
  func next() -> Place? {
    condition.withLock {
      while prepared.count >= ahead && !isClosed { condition.wait() }
      guard !isClosed else { return nil }
      while taken.remove(upcoming) != nil { upcoming = following(upcoming) }
      defer { upcoming = following(upcoming) }
      current = upcoming
      return upcoming
    }
  }

  private func following(_ place: Place) -> Place {
    place.position + 1 < positions.upperBound
      ? Place(step: place.step, position: place.position + 1)
      : Place(step: place.step + 1, position: positions.lowerBound)
  }

  /// Keeps the clip at `place`, unless it was passed over meanwhile.
  func add(_ clip: Result<TrainingClip, any Error>, at place: Place) {
    condition.withLock {
      if current == place { prepared[place] = clip }
      current = nil
      condition.broadcast()
    }
  }

  /// Waits for the clip at `place` and gives it away; nil: it is not prepared, nor being so, and will
  /// not be.
  func take(_ place: Place) -> Result<TrainingClip, any Error>? {
    condition.withLock {
      passOver(before: place.step)
      while prepared[place] == nil, place == current { condition.wait() }
      defer { condition.broadcast() }
      if let clip = prepared.removeValue(forKey: place) { return clip }
      if positions.contains(place.position), place >= upcoming { taken.insert(place) }
      return nil
    }
  }

  /// Drops the clips of steps before `step`, and goes on with it where those were not reached yet.
  private func passOver(before step: Int) {
    prepared = prepared.filter { $0.key.step >= step }
    taken = taken.filter { $0.step >= step }
    if let place = current, place.step < step { current = nil }
    if upcoming.step < step { upcoming = Place(step: step, position: positions.lowerBound) }
  }

  func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }
}
