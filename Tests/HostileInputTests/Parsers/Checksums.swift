import CZlib

extension Parser {
  /// Makes the checksums of a damaged file fit again, as far as its structure can be followed.
  ///
  /// Those of members that are HDF5 stay wrong: libhdf5 is not among the parsers of this process.
  public func repairChecksums(in file: UnsafeMutableBufferPointer<UInt8>) {
    switch name {
    case "keras", "pytorch", "npz", "zip": unsafe Self.repairZip(file)
    case "png": unsafe Self.repairPNG(file)
    default: break
    }
  }

  /// Stored members: the sums in the directory and in the members' own headers, or after their bytes.
  private static func repairZip(_ file: UnsafeMutableBufferPointer<UInt8>) {
    func number(_ place: Int, _ width: Int) -> Int {
      (0..<width).reversed().reduce(0) { unsafe $0 << 8 | Int(file[place + $1]) }
    }
    guard file.count >= 46 else { return }
    for record in 0...file.count - 46 where number(record, 4) == 0x0201_4B50 {
      let (size, header) = (number(record + 20, 4), number(record + 42, 4))
      guard number(record + 10, 2) == 0, header + 30 <= file.count,
        number(header, 4) == 0x0403_4B50
      else { continue }
      let nameEnd = header + 30 + number(header + 26, 2)
      let start = nameEnd + number(header + 28, 2)
      guard start + size <= file.count,
        unsafe !file[header + 30..<nameEnd].suffix(3).elementsEqual(".h5".utf8)
      else { continue }
      let sum = unsafe checksum(UnsafeMutableBufferPointer(rebasing: file[start..<start + size]))
      let isStream = number(header + 6, 2) & 8 != 0
      var places = [record + 16]
      if !isStream {
        places.append(header + 14)
      } else if start + size + 8 <= file.count {
        places.append(start + size + (number(start + size, 4) == 0x0807_4B50 ? 4 : 0))
      }
      for place in places {
        for index in 0..<4 {
          unsafe file[place + index] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(index)))
        }
      }
    }
  }

  private static func repairPNG(_ file: UnsafeMutableBufferPointer<UInt8>) {
    var chunk = 8
    while chunk + 12 <= file.count {
      let count = (0..<4).reduce(0) { unsafe $0 << 8 | Int(file[chunk + $1]) }
      let end = chunk + 8 + count
      guard end + 4 <= file.count else { return }
      let sum = unsafe checksum(UnsafeMutableBufferPointer(rebasing: file[chunk + 4..<end]))
      for index in 0..<4 {
        unsafe file[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(index)))
      }
      chunk = end + 4
    }
  }

  private static func checksum(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> UInt32 {
    UInt32(truncatingIfNeeded: unsafe crc32(0, bytes.baseAddress, uInt(bytes.count)))
  }
}
