/// Which frames and objects of a data set count, and how its masks are read.
public enum EvaluationProtocol: String, Sendable, Hashable, CaseIterable {
  /// DAVIS-2017, semi-supervised: the objects of the first mask, in all frames of the ground truth
  /// but the first and the last.
  case davis2017 = "davis-2017"

  /// DAVIS-2016: all pixels that are not 0, whether in masks of ids or of 0 and 255, are one object,
  /// in all frames but the first and the last.
  case davis2016 = "davis-2016"

  /// YouTube-VOS: every object of the ground truth, in the frames after the first in which it is.
  case youtubeVOS = "youtube-vos"

  /// Whether all objects are merged into one.
  var mergesObjects: Bool { self == .davis2016 }
}
