public import Tensors

/// Which channels the elements of a part of a value `[N, C, H, W]` are of: they come in runs of one
/// length, in each of which as many channels take turns.
public struct ChannelRuns: Sendable, Hashable {
  /// The first channel of the first run; each run begins with the channel behind the last of the run
  /// before it.
  public let first: Int
  /// How many channels take turns within a run: 1 where planes lie behind one another.
  public let interleaved: Int
  /// The number of elements of a run.
  public let length: Int

  /// Runs of `length` elements from channel `first` on.
  public init(first: Int, interleaved: Int, length: Int) {
    precondition(interleaved > 0 && length > 0 && length % interleaved == 0, "\(length) elements")
    self.first = first
    self.interleaved = interleaved
    self.length = length
  }
}

/// What is observed, and what is replaced, while a program runs.
public struct Taps {
  /// Receives a value's name and the value, read back from its storage.
  public typealias Receiver = (String, FloatTensor) throws -> Void

  /// Gives what takes the place of the value of a step, by the step's name; nil: nothing does.
  public typealias Replacer = (String) throws -> FloatTensor?

  /// Receives a value's name, some of its elements and which channels they are of, on several
  /// threads at once. How a value is split does not depend on the number of threads.
  public typealias ElementsReceiver = @Sendable (String, Span<Float>, ChannelRuns) -> Void

  /// The values, by name; program inputs included.
  public let names: Set<String>
  /// What is called for each of them, in the order in which they are made.
  public let receive: Receiver
  /// What may be called instead where the order of a value's elements does not matter: with parts
  /// that hold each element once.
  public let receiveElements: ElementsReceiver?
  /// What is asked after the value of every step was received: the steps behind it read what it
  /// gives, rounded to the value's storage, and outputs are that, too.
  public let replace: Replacer?
  /// What is called with the name of every step as soon as its value is there; seams between
  /// layouts and precisions count to the step that reads.
  public private(set) var stepEnded: ((String) -> Void)?
  /// What is told of the attention of memory reads; nil: it is not counted.
  public var attention: AttentionTap?

  /// Taps on the values `names`.
  public init(_ names: Set<String>, receive: @escaping Receiver) {
    self.names = names
    self.receive = receive
    receiveElements = nil
    replace = nil
    stepEnded = nil
  }

  /// Taps on the values `names`, each of which gives way to what `replacement` has for it.
  public init(
    _ names: Set<String>, replacingWith replacement: @escaping Replacer,
    receive: @escaping Receiver
  ) {
    self.names = names
    self.receive = receive
    receiveElements = nil
    replace = replacement
    stepEnded = nil
  }

  /// Taps on the elements of the values `names`, images `[N, C, H, W]`, which backends hand over as
  /// they lie, without a copy where they can.
  public init(elementsOf names: Set<String>, receive: @escaping ElementsReceiver) {
    self.names = names
    self.receive = { name, value in
      let image = value.values.count / max(value.shape[0], 1)
      let runs = ChannelRuns(
        first: 0, interleaved: 1, length: max(image / max(value.shape[1], 1), 1))
      for start in stride(from: 0, to: value.values.count, by: max(image, 1)) {
        receive(name, value.values.span.extracting(start..<start + image), runs)
      }
    }
    receiveElements = receive
    replace = nil
    stepEnded = nil
  }

  /// Taps on no value; `stepEnded` is told of every step.
  public init(stepEnded: @escaping (String) -> Void) {
    names = []
    receive = { _, _ in }
    receiveElements = nil
    replace = nil
    self.stepEnded = stepEnded
  }

  /// The same taps on values whose channels were divided by `factors`, by name: what they are given
  /// is multiplied by them, and what they give is divided.
  public func multiplying(by factors: [String: [Float]]) -> Taps {
    guard !factors.isEmpty, !names.isEmpty || replace != nil else { return self }
    let (receive, replace) = (receive, replace)
    var taps = Taps(
      names,
      replacingWith: { name in
        guard let value = try replace?(name) else { return nil }
        return factors[name].map { value.mappingChannels($0, /) } ?? value
      },
      receive: { name, value in
        try receive(name, factors[name].map { value.mappingChannels($0, *) } ?? value)
      })
    taps.stepEnded = stepEnded
    taps.attention = attention
    return taps
  }

  /// Nothing is observed.
  public static var none: Taps { Taps([]) { _, _ in } }
}

extension FloatTensor {
  /// An image `[N, C, H, W]` of what `operation` makes of each element and its channel's factor; any
  /// other tensor, or one with another number of channels, as it is.
  public func mappingChannels(
    _ factors: [Float], _ operation: (Float, Float) -> Float
  ) -> FloatTensor {
    guard shape.rank == 4, shape[1] == factors.count else { return self }
    var result = self
    let plane = shape[2] * shape[3]
    for part in 0..<shape[0] * shape[1] {
      let factor = factors[part % shape[1]]
      for index in part * plane..<(part + 1) * plane {
        result.values[index] = operation(result.values[index], factor)
      }
    }
    return result
  }
}
