extension ClipVerification.Layer {
  /// A channel with what the layer contributes to it over the error that the layer adds there, in dB.
  public struct Channel: Sendable, Hashable {
    /// The channel's number.
    public let index: Int
    /// The ratio; minus infinity where the channel is not finite.
    public let sqnr: Double
  }

  /// What the layer contributes over the error that it adds itself, in dB: the isolated SQNR where
  /// there is no residual, which would hide the error of a layer that adds little to it.
  public var contributionSQNR: Double {
    isolated.total.ratio(of: contributedEnergies.reduce(0, +))
  }

  /// How many times the error energy of the median channel that of an outlying one exceeds.
  public static let outlyingFactor = 30.0

  /// The channel that keeps least of what the layer contributes, of those whose error energy exceeds
  /// ``outlyingFactor`` times that of the median channel that has any, and what rounding to the
  /// value's storage adds; nil where none does.
  ///
  /// Rounding spreads over all channels, and a channel that holds next to nothing may well drown in
  /// it. One that is lost stands out.
  public var outlyingChannel: Channel? {
    let channels = isolated.channels
    let energies = channels.map(\.errorEnergy).filter { $0 > 0 }.sorted()
    guard !energies.isEmpty else { return nil }
    let median = energies[(energies.count - 1) / 2]
    let outlying = channels.indices.filter { index in
      let energy = channels[index].errorEnergy
      let usual = max(
        median,
        storage.roundingEnergy(
          of: channels[index].referenceEnergy, elements: channels[index].count))
      return energy == .infinity || energy > Self.outlyingFactor * usual
    }
    return outlying.map { index in
      Channel(index: index, sqnr: channels[index].ratio(of: contributedEnergies[index]))
    }.min { ($0.sqnr, $0.index) < ($1.sqnr, $1.index) }
  }

  /// Whether the whole error is no more than ``roundingFactor`` times what rounding makes of the
  /// value and of the residual that it is added to: a layer that adds next to nothing to a large
  /// residual cannot do better.
  public var isRounding: Bool {
    isolated.total.errorEnergy <= Self.roundingFactor * roundingEnergy
  }

  /// How many times the error energy of rounding is let pass, whatever a layer contributes.
  public static let roundingFactor = 2.0

  /// The tolerance that the layer would have passed with: ``contributionSQNR``, or that of the
  /// ``outlyingChannel`` and ``ClipCriteria/channelMargin`` where that is less; any, where all is
  /// rounding.
  public var passingTolerance: Double {
    let channel = (outlyingChannel?.sqnr ?? .infinity) + ClipCriteria.channelMargin
    return min(isRounding ? .infinity : contributionSQNR, channel)
  }

  /// Whether the error that the layer adds itself is within the tolerance.
  public var passes: Bool { passingTolerance >= tolerance }

  /// How close the layer comes to its tolerance.
  public var margin: ClipVerification.Margin {
    ClipVerification.Margin(
      contribution: contributionSQNR, passing: passingTolerance, tolerance: tolerance)
  }
}

extension ClipVerification {
  /// How close a layer comes to its tolerance, or how far beyond it is: the less, the worse, and less
  /// for any layer that fails than for any that passes.
  public struct Margin: Sendable, Hashable, Comparable {
    private let passes: Bool
    private let decibels: Double

    /// The margin of a layer by its ``Layer/contributionSQNR``, ``Layer/passingTolerance`` and
    /// tolerance, in dB.
    public init(contribution: Double, passing: Double, tolerance: Double) {
      passes = passing >= tolerance
      decibels = min(contribution, passing) - tolerance
    }

    /// Whether the first is the worse.
    public static func < (left: Margin, right: Margin) -> Bool {
      left.passes == right.passes ? left.decibels < right.decibels : right.passes
    }
  }
}
