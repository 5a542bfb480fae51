public import Tensors

/// How finely the attention that a memory read pays is counted.
public enum AttentionDetail: Sendable, Hashable {
  /// By frame: `[N, T]`. Costs next to nothing.
  case frames
  /// By entry: `[N, T, h, w]`. Costs about a fifth of the read again, for a second look at the keys.
  case entries
}

/// What is told how much of its memory a read attended to.
///
/// The attention of an entry is the sum of its softmax weights over all query positions, so that of
/// all entries of an object sums to `h · w`.
public struct AttentionTap {
  /// How finely it is counted.
  public let detail: AttentionDetail
  /// Receives the name of a memory read and the attention, in the order of ``AttentionDetail``.
  public let receive: (String, FloatTensor) throws -> Void

  /// A tap that counts by `detail`.
  public init(_ detail: AttentionDetail, receive: @escaping (String, FloatTensor) throws -> Void) {
    self.detail = detail
    self.receive = receive
  }
}

extension FloatTensor {
  /// Attention by frame `[N, T]` of attention by entry `[N, T, h, w]`.
  func summedOverEntries() -> FloatTensor {
    let plane = shape[2] * shape[3]
    return FloatTensor(
      shape: [shape[0], shape[1]],
      values: (0..<shape[0] * shape[1]).map { frame in
        Float(values[frame * plane..<(frame + 1) * plane].reduce(0.0) { $0 + Double($1) })
      })
  }
}
