public import Tensors

/// What a convolution does to images as it reads them: `(x - mean) / deviation` by input channel.
///
/// Padding is 0 afterwards, so it stands for the mean.
public struct ImageNormalization: Sendable, Hashable {
  /// What is subtracted from each input channel; 0 for channels that are read as they are.
  public let mean: [Float]
  /// What each is divided by then; 1 for channels that are read as they are.
  public let deviation: [Float]

  /// A normalization; both have one number for each channel.
  public init(mean: [Float], deviation: [Float]) {
    precondition(mean.count == deviation.count, "\(mean.count) means")
    self.mean = mean
    self.deviation = deviation
  }

  /// That of the pictures of ImageNet, which every published encoder reads.
  public static let imageNet = ImageNormalization(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// What `step` does to images, with the parameters in `archive`; nil: it reads none.
  ///
  /// Throws ``ParameterError`` or what reading a tensor throws.
  public init?(of step: Step, in archive: TensorArchive) throws {
    guard step.readsImages else { return nil }
    let reader = ParameterReader(archive: archive)
    self.init(
      mean: try Self.means(of: step, in: archive),
      deviation: try step.parts.flatMap { part in
        guard let normalization = part.normalization else {
          return [Float](repeating: 1, count: part.convolution.inputChannels)
        }
        return try reader.deviation(normalization.module, normalization.channels)
      })
  }

  /// The ``mean`` of `step`, which reads images; for one whose kernel has the deviations in it.
  ///
  /// Throws ``ParameterError`` or what reading a tensor throws.
  public static func means(of step: Step, in archive: TensorArchive) throws -> [Float] {
    let reader = ParameterReader(archive: archive)
    return try step.parts.flatMap { part in
      guard let normalization = part.normalization else {
        return [Float](repeating: 0, count: part.convolution.inputChannels)
      }
      return try reader.mean(normalization.module, normalization.channels)
    }
  }

  /// `weight` `[out, in, kh, kw]` for inputs that are not divided before: each input channel over its
  /// deviation.
  public func folded(weight: FloatTensor) -> FloatTensor {
    var folded = weight
    let taps = weight.shape[2] * weight.shape[3]
    for index in folded.values.indices {
      folded.values[index] /= deviation[index / taps % deviation.count]
    }
    return folded
  }
}
