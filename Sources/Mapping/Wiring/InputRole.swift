/// Reads off the name of an input what a graph is given through it.
enum InputRole {
  /// The roles that `--bind` knows: the inputs of the network's graphs.
  static let all = [
    "frame", "mask", "others", "memory_keys", "memory_values", "key", "value", "r3", "r2",
  ]

  /// The role that a name tells, or nil.
  static func of(_ name: String) -> String? {
    let lowered = name.lowercased()
    if let role = whole[lowered] { return role }
    let tokens = lowered.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let roles = Set(tokens.compactMap { words[$0] })
    if roles.contains("others") { return "others" }
    return roles.count == 1 ? roles.first : nil
  }

  private static let whole = [
    "memory_keys": "memory_keys", "memory_values": "memory_values", "key": "key", "value": "value",
    "query_key": "key", "query_value": "value", "r3": "r3", "r2": "r2", "in_f": "frame",
    "in_m": "mask", "in_o": "others",
  ]

  private static let words = [
    "frame": "frame", "image": "frame", "img": "frame", "rgb": "frame", "mask": "mask",
    "others": "others", "other": "others",
  ]
}
