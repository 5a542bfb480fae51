import CHDF5
import Files

/// Follows a soft link to what it means, a link at a time, and never out of the file.
///
/// libhdf5 would follow every kind of link that a path leads through, to other files too.
struct HDF5SoftLink {
  /// An object of the file, with a path that leads to it by hard links alone.
  struct Target: ~Copyable {
    let object: HDF5Handle
    let path: String
  }

  /// How many soft links may lead to one another.
  static let mostLinks = 100

  private let place: HDF5Place
  private let limits: ReadingLimits
  private var followed: Set<Step> = []

  /// A link of a group, which no link may lead through twice.
  private struct Step: Hashable {
    let group: haddr_t
    let name: String
  }

  /// What the soft link `name` at `place`, of the open `group` whose path is `parent`, leads to.
  ///
  /// Throws ``HDF5Error`` where it leads nowhere, in a circle or out of the file.
  static func target(
    of name: String, in group: borrowing HDF5Handle, parent: String, at place: HDF5Place,
    limits: ReadingLimits
  ) throws(HDF5Error) -> Target {
    var link = HDF5SoftLink(place: place, limits: limits)
    return try link.follow(name, in: group, parent: parent)
  }

  private init(place: HDF5Place, limits: ReadingLimits) {
    self.place = place
    self.limits = limits
  }

  private mutating func follow(
    _ name: String, in group: borrowing HDF5Handle, parent: String
  ) throws(HDF5Error) -> Target {
    let step = Step(group: try HDF5Walk.address(of: group, at: place), name: name)
    guard followed.insert(step).inserted else {
      throw place.malformed("a soft link in a circle: '\(parent)/\(name)' leads back to itself")
    }
    guard followed.count <= Self.mostLinks else {
      throw place.malformed("expected at most \(Self.mostLinks) soft links behind one another")
    }
    let path = try value(of: name, in: group)
    let start = path.hasPrefix("/") ? "/" : "."
    var target = Target(
      object: try HDF5Handle(
        unsafe H5Oopen(group.id, start, hid_t(H5P_DEFAULT)), closedBy: H5Oclose, at: place),
      path: start == "/" ? "" : parent)
    for part in path.split(separator: "/") where part != "." {
      target = try next(String(part), from: target, towards: path)
    }
    return target
  }

  /// What the link `name` of `group` leads to, on the way to `path`.
  private mutating func next(
    _ name: String, from group: borrowing Target, towards path: String
  ) throws(HDF5Error) -> Target {
    var information = H5L_info_t()
    guard H5Iget_type(group.object.id) == H5I_GROUP,
      unsafe H5Lget_info(group.object.id, name, &information, hid_t(H5P_DEFAULT)) >= 0
    else {
      throw place.malformed("a soft link to '\(path)', where nothing is")
    }
    switch information.type {
    case H5L_TYPE_HARD:
      return Target(
        object: try HDF5Handle(
          unsafe H5Oopen(group.object.id, name, hid_t(H5P_DEFAULT)), closedBy: H5Oclose, at: place),
        path: "\(group.path)/\(name)")
    case H5L_TYPE_SOFT: return try follow(name, in: group.object, parent: group.path)
    default:
      throw place.unsupported(
        "a soft link to '\(path)', which leads through '\(group.path)/\(name)', "
          + "a link out of the file")
    }
  }

  /// The path that a soft link holds (wraps `H5Lget_val`).
  private func value(
    of name: String, in group: borrowing HDF5Handle
  ) throws(HDF5Error) -> String {
    var information = H5L_info_t()
    try place.check(
      unsafe H5Lget_info(group.id, name, &information, hid_t(H5P_DEFAULT)))
    let size = unsafe information.u.val_size
    try place.check(limits, .nameBytes, size)
    var bytes = [UInt8](repeating: 0, count: size + 1)
    let status = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe H5Lget_val(group.id, name, buffer.baseAddress, size, hid_t(H5P_DEFAULT))
    }
    try place.check(status)
    guard let path = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self), !path.isEmpty
    else { throw place.malformed("a soft link to a path that is not UTF-8") }
    try place.check(limits, name: path)
    return path
  }
}
