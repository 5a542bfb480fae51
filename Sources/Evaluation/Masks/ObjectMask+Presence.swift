import Segmentation

extension ObjectMask {
  /// Whether each of the ids 0 to 255 is that of a pixel.
  var presence: [Bool] {
    var isPresent = [Bool](repeating: false, count: 256)
    unsafe ids.withUnsafeBytes { ids in
      let whole = ids.count & ~7
      var last: UInt64?
      for start in stride(from: 0, to: whole, by: 8) {
        let eight = unsafe ids.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        if eight == last { continue }
        last = eight
        for index in start..<start + 8 { unsafe isPresent[Int(ids[index])] = true }
      }
      for index in whole..<ids.count { unsafe isPresent[Int(ids[index])] = true }
    }
    return isPresent
  }
}
