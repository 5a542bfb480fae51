/// Which of a file's datasets one of several processes reads: neighbours, with about as much to unpack
/// as any other's.
struct HDF5Share: Codable {
  /// Which share it is, from 0.
  let index: Int

  /// How many shares there are.
  let count: Int

  /// Whether the texts that are attached to groups belong to it: they are of no use twice.
  var hasAttributes: Bool { index == 0 }

  /// The share of the datasets that `walk` found.
  func datasets(of walk: HDF5Walk) -> ArraySlice<HDF5Walk.Found> {
    let sizes = walk.datasets.map { $0.dataset.place == nil ? $0.dataset.byteCount : 0 }
    let total = sizes.reduce(0, +)
    var sum = 0
    let owners = sizes.map { size in
      defer { sum += size }
      return total == 0 ? 0 : min(count - 1, (sum + size / 2) / (total / count + 1))
    }
    let first = owners.firstIndex { $0 >= index } ?? owners.endIndex
    return walk.datasets[first..<(owners.firstIndex { $0 > index } ?? owners.endIndex)]
  }
}
