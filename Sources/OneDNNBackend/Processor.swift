import COneDNN
import Foundation

/// What the machine offers.
enum Processor {
  /// The number of physical cores that the process may run on, at least 1.
  ///
  /// Read from `/proc/self/status` and `/sys/devices/system/cpu`; a processor whose core is not
  /// listed there counts as a core.
  static var coreCount: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let allowed = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let processors = numbers(in: allowed?.split(separator: ":").last ?? "")
    let cores = processors.map { number in
      let path = "/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list"
      return (try? String(contentsOfFile: path, encoding: .utf8)) ?? "\(number)"
    }
    return max(1, Set(cores).count)
  }

  /// Whether oneDNN's integer convolutions are exact: without these instructions it accumulates
  /// in 16 bits, which saturates.
  static var hasIntegerDotProducts: Bool {
    let instructions = dnnl_get_effective_cpu_isa().rawValue
    return [dnnl_cpu_isa_avx512_core_vnni, dnnl_cpu_isa_avx2_vnni].contains {
      instructions & $0.rawValue == $0.rawValue
    }
  }

  /// Whether products of bfloat16 numbers have instructions of their own. Without them bfloat16
  /// programs round binary32 numbers.
  static var hasBFloat16: Bool {
    let native = dnnl_cpu_isa_avx512_core_bf16.rawValue
    return dnnl_get_effective_cpu_isa().rawValue & native == native
  }

  /// Whether products of bfloat16 numbers are made in tiles (AMX).
  static var hasBFloat16Tiles: Bool {
    let tiles = dnnl_cpu_isa_avx512_core_amx.rawValue
    return dnnl_get_effective_cpu_isa().rawValue & tiles == tiles
  }

  /// How many channels oneDNN's blocked layouts keep together: those of one register.
  static var channelBlock: Int {
    let wide = dnnl_cpu_isa_avx512_core.rawValue
    return dnnl_get_effective_cpu_isa().rawValue & wide == wide ? 16 : 8
  }

  /// The numbers of a list such as `0-3,8`.
  static func numbers(in list: Substring) -> [Int] {
    list.split(separator: ",").flatMap { range -> [Int] in
      let ends = range.split(separator: "-").compactMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }
}
