import CHDF5
import Files
import Tensors

/// Finds the datasets of a file: groups depth first, links in the order of their names' bytes.
struct HDF5Walk {
  /// A dataset that was found.
  struct Found {
    /// The path inside the file that leads to it, as a name.
    let path: String
    /// A path to it by hard links alone, to open it again.
    let place: String
    let dataset: HDF5Dataset

    /// The dataset as an entry that reads it from `source` when it is asked for.
    func entry(of source: HDF5Source) -> TensorArchive.Entry {
      TensorArchive.Entry(
        name: HDF5File.name(ofObject: path), elementType: dataset.elementType,
        shape: dataset.shape, source: source.path
      ) { try dataset.tensor(at: place, of: source) }
    }
  }

  /// The datasets found so far.
  private(set) var datasets: [Found] = []

  /// The texts attached to the groups found so far, by path and name.
  private(set) var attributes: [String: [String: [String]]] = [:]

  private let path: String
  private let fileSize: Int

  /// Where texts of any length stand; nil: attributes are left out.
  private let heaps: HDF5Heaps?
  private let limits: ReadingLimits
  private var byteCount = 0
  private var groups: [haddr_t: String] = [:]

  /// Walks the file of `source`, and reads the texts attached to its groups if `readsAttributes`.
  /// Throws ``HDF5Error``.
  init(
    _ source: HDF5Source, limits: ReadingLimits, readsAttributes: Bool = true
  ) throws(HDF5Error) {
    let place = HDF5Place(file: source.path, object: "/")
    let heaps =
      try readsAttributes
      ? source.bytes.withBytes { (bytes) throws(HDF5Error) in
        try HDF5Heaps(in: bytes, at: place) { source.bytes.mapping?.file.releasePages() }
      } : nil
    self = try HDF5Library.withLibrary { () throws(HDF5Error) in
      try HDF5Walk(source, heaps: heaps, limits: limits)
    }
  }

  private init(
    _ source: HDF5Source, heaps: HDF5Heaps?, limits: ReadingLimits
  ) throws(HDF5Error) {
    self.limits = limits
    path = source.path
    fileSize = source.bytes.count
    self.heaps = heaps
    let place = HDF5Place(file: path, object: "/")
    try source.withFile { (file) throws(HDF5Error) in
      let root = try HDF5Handle(
        unsafe H5Oopen(file.id, "/", hid_t(H5P_DEFAULT)), closedBy: H5Oclose, at: place)
      try visit(root, parent: "", at: place, depth: 1)
    }
  }

  private mutating func visit(
    _ group: borrowing HDF5Handle, parent: String, at place: HDF5Place, depth: Int
  ) throws(HDF5Error) {
    try place.check(limits, .depth, depth)
    let address = try Self.address(of: group, at: place)
    if let first = groups.updateValue(place.object, forKey: address) {
      throw place.unsupported("the same group as '\(first)'")
    }
    if let heaps {
      attributes[place.object] =
        try HDF5Attributes(at: place, fileSize: fileSize, heaps: heaps, limits: limits)
        .texts(of: group)
    }
    for link in try Self.links(of: group, at: place) {
      let path = "\(parent)/\(link.name)"
      try place.check(limits, name: path)
      let place = HDF5Place(file: self.path, object: path)
      if link.kind == H5L_TYPE_SOFT {
        let target = try HDF5SoftLink.target(
          of: link.name, in: group, parent: parent, at: place, limits: limits)
        guard H5Iget_type(target.object.id) == H5I_DATASET else {
          throw place.unsupported("a soft link to '\(target.path)/', which is no dataset")
        }
        try add(target.object, at: place, reachedBy: target.path)
        continue
      }
      guard link.kind == H5L_TYPE_HARD else {
        throw place.unsupported(
          link.kind == H5L_TYPE_EXTERNAL ? "a link to another file" : "a link of an unknown kind")
      }
      let object = try HDF5Handle(
        unsafe H5Oopen(group.id, link.name, hid_t(H5P_DEFAULT)), closedBy: H5Oclose, at: place)
      switch H5Iget_type(object.id) {
      case H5I_GROUP: try visit(object, parent: place.object, at: place, depth: depth + 1)
      case H5I_DATASET: try add(object, at: place, reachedBy: place.object)
      case H5I_DATATYPE: break
      case let other: throw place.unsupported("an object of kind \(other.rawValue)")
      }
    }
  }

  /// Checks an open dataset and what the file's datasets come to with it.
  private mutating func add(
    _ object: borrowing HDF5Handle, at place: HDF5Place, reachedBy path: String
  ) throws(HDF5Error) {
    let dataset = try HDF5Dataset(object, at: place, fileSize: fileSize)
    datasets.append(Found(path: place.object, place: path, dataset: dataset))
    try place.check(limits, .rank, dataset.shape.rank)
    let root = HDF5Place(file: self.path, object: "/")
    try root.check(limits, .tensors, datasets.count)
    byteCount = byteCount.clampedSum(dataset.byteCount)
    try root.check(limits, .totalBytes, byteCount)
    do throws(FileError) {
      try limits.checkExpansion(of: fileSize, to: byteCount, of: "all datasets", in: self.path)
    } catch { throw .beyondLimit(error) }
  }

  /// Where the header of an object is in the file, which tells it from every other.
  static func address(
    of object: borrowing HDF5Handle, at place: HDF5Place
  ) throws(HDF5Error) -> haddr_t {
    var information = H5O_info_t()
    try place.check(unsafe H5Oget_info2(object.id, &information, UInt32(H5O_INFO_BASIC)))
    return information.addr
  }

  private struct Link {
    let name: String
    let kind: H5L_type_t
  }

  /// The links of a group by name (wraps `H5Literate`).
  private static func links(
    of group: borrowing HDF5Handle, at place: HDF5Place
  ) throws(HDF5Error) -> [Link] {
    var links: [Link?] = []
    let status = unsafe withUnsafeMutablePointer(to: &links) { links in
      unsafe H5Literate(
        group.id, H5_INDEX_NAME, H5_ITER_INC, nil,
        { _, name, information, links in
          guard let name = unsafe name, let kind = unsafe information?.pointee.type else {
            return -1
          }
          let text = unsafe String(validatingCString: name)
          unsafe links?.assumingMemoryBound(to: [Link?].self).pointee
            .append(text.map { Link(name: $0, kind: kind) })
          return 0
        }, links)
    }
    try place.check(status)
    guard !links.contains(where: { $0 == nil }) else {
      throw place.malformed("expected names in UTF-8")
    }
    return links.compactMap { $0 }
  }
}
