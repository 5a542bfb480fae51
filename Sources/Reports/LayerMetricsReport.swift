import Verification

/// How far a layer is off in one run, as JSON.
struct LayerMetricsReport: Encodable {
  struct Channel: Encodable {
    let index: Int
    let sqnr: Double
  }

  struct Position: Encodable {
    let frame: Int
    let object: Int
    let channel: Int
    let row: Int
    let column: Int
  }

  struct Frame: Encodable {
    let index: Int
    let sqnr: Double
    let maximumError: Double
  }

  let maximumError: Double
  let meanError: Double
  let rootMeanSquareError: Double
  let relativeError: Double
  let maximumRelativeError: Double
  let meanRelativeError: Double
  let sqnr: Double
  let psnr: Double
  let cosine: Double
  let outlierShare: Double
  let saturatedShare: Double
  let nonFiniteCount: Int
  let ulps: [Int]
  let worstChannel: OrNull<Channel>
  let worstPosition: OrNull<Position>
  let frames: [Frame]

  init(_ metrics: LayerMetrics) {
    let (total, distribution) = (metrics.total, metrics.distribution)
    maximumError = total.maximumError
    meanError = total.meanError
    rootMeanSquareError = total.rootMeanSquareError
    relativeError = total.relativeMaximumError
    maximumRelativeError = distribution.maximumRelativeError
    meanRelativeError = distribution.meanRelativeError
    sqnr = total.sqnr
    psnr = total.psnr
    cosine = total.cosine
    outlierShare = distribution.outlierShare
    saturatedShare = distribution.saturatedShare
    nonFiniteCount = total.nonFiniteCount
    ulps = Array(distribution.ulps.occupied)
    worstChannel = OrNull(
      metrics.worstChannel.map { Channel(index: $0, sqnr: metrics.channelSQNR($0)) })
    worstPosition = OrNull(
      metrics.worstPosition.map {
        Position(
          frame: $0.frame, object: $0.object, channel: $0.channel, row: $0.row, column: $0.column)
      })
    frames = metrics.frames.map {
      Frame(index: $0.index, sqnr: $0.metrics.sqnr, maximumError: $0.metrics.maximumError)
    }
  }
}
