public import Quantization
public import Tensors

/// How far the values of one layer are off, over the frames of a clip: in all, by channel and by
/// frame.
public struct LayerMetrics: Sendable {
  /// One frame's share.
  public struct Frame: Sendable, Hashable {
    /// The frame's number in the clip.
    public let index: Int
    /// How far the frame's elements are off.
    public let metrics: ErrorMetrics
    /// How its errors are spread.
    public let distribution: ErrorDistribution
  }

  /// Where an element lies.
  public struct Position: Sendable, Hashable {
    /// The frame's number in the clip.
    public let frame: Int
    /// The object, counted from 0: the element's place along `N`.
    public let object: Int
    /// The channel.
    public let channel: Int
    /// The row of the value's `[N, C, H, W]`.
    public let row: Int
    /// The column.
    public let column: Int
  }

  /// All elements.
  public private(set) var total = ErrorMetrics()
  /// How the errors are spread.
  public private(set) var distribution = ErrorDistribution()
  /// The elements of each channel, all frames and objects together.
  public private(set) var channels: [ErrorMetrics] = []
  /// The elements of each frame, in the order in which frames were added.
  public private(set) var frames: [Frame] = []
  /// The first element with the largest error; nil without a difference.
  public private(set) var worstPosition: Position?

  /// The metrics of nothing.
  public init() {}

  /// Adds the value `[N, C, H, W]` of frame number `frame`, which the candidate holds as `storage`
  /// says; where one side's `N` is 1, each object of the other is compared with it.
  ///
  /// The shapes must be the same but for `N`, and those of earlier frames but for `N`, `H` and `W`.
  public mutating func include(
    reference: FloatTensor, candidate: FloatTensor, frame: Int, storage: Storage
  ) {
    var metrics = ErrorMetrics()
    let channelCount = candidate.shape[1]
    if channels.isEmpty { channels = Array(repeating: ErrorMetrics(), count: channelCount) }
    precondition(
      channels.count == channelCount, "\(channels.count) channels before \(channelCount)")
    reference.forEachPlane(beside: candidate) { object, channel, left, right in
      var part = ErrorMetrics()
      part.include(reference: left, candidate: right)
      if part.maximumError > max(metrics.maximumError, total.maximumError) {
        worstPosition = part.maximumIndex.map {
          Position(
            frame: frame, object: object, channel: channel, row: $0 / candidate.shape[3],
            column: $0 % candidate.shape[3])
        }
      }
      channels[channel].include(part)
      metrics.include(part)
    }
    let spread = ErrorDistribution(
      reference: reference, candidate: candidate, of: metrics, in: storage)
    total.include(metrics)
    distribution.include(spread)
    frames.append(Frame(index: frame, metrics: metrics, distribution: spread))
  }

  /// The error of channel number `channel` against the energy of the mean channel, in dB.
  ///
  /// Unlike the channel's own SQNR it does not fall where a channel holds next to nothing and is
  /// off by no more than others are. Infinite without a difference, minus infinity where the
  /// reference is 0 throughout or an element of the channel is not finite.
  public func channelSQNR(_ channel: Int) -> Double {
    channels[channel].ratio(of: total.referenceEnergy / Double(channels.count))
  }

  /// The first channel with the largest error energy; nil without a difference.
  public var worstChannel: Int? {
    guard total.maximumError > 0 else { return nil }
    return channels.indices.max {
      (channels[$0].errorEnergy, $1) < (channels[$1].errorEnergy, $0)
    }
  }

  /// ``channelSQNR(_:)`` of the worst channel; infinite without a difference.
  public var worstChannelSQNR: Double { worstChannel.map(channelSQNR) ?? .infinity }
}
