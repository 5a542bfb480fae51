/// The instructions of a pickle that are read: those of protocols 1 to 5 as `torch.save` writes them.
///
/// A pickle is a program for a machine with a stack, marks on it, and a memo of numbered values. An
/// instruction is one byte, then what stands below; integers are little-endian, BINFLOAT big-endian.
/// The names are those of Python's `pickletools`.
enum PickleOpcode: UInt8 {
  /// Version u8: 0 to 5.
  case proto = 0x80
  /// Number of bytes u64 that belong together, for buffering only.
  case frame = 0x95
  /// The value on the stack is the pickle's.
  case stop = 0x2E

  case mark = 0x28
  case popMark = 0x31
  case pop = 0x30
  case dup = 0x32

  case none = 0x4E
  case newTrue = 0x88
  case newFalse = 0x89
  /// An integer in text up to a line feed; `00` and `01` are booleans.
  case int = 0x49
  /// An integer in text up to `L` and a line feed.
  case long = 0x4C
  /// i32
  case binInt = 0x4A
  /// u8
  case binInt1 = 0x4B
  /// u16
  case binInt2 = 0x4D
  /// Count u8, then so many bytes of an integer in two's complement.
  case long1 = 0x8A
  /// Count i32, then so many bytes of an integer in two's complement.
  case long4 = 0x8B
  /// f64, big-endian
  case binFloat = 0x47

  /// Count i32, then text of Python 2.
  case binString = 0x54
  /// Count u8, then text of Python 2.
  case shortBinString = 0x55
  /// Count u8, then text in UTF-8.
  case shortBinUnicode = 0x8C
  /// Count u32, then text in UTF-8.
  case binUnicode = 0x58
  /// Count u64, then text in UTF-8.
  case binUnicode8 = 0x8D
  /// Count u8, then bytes.
  case shortBinBytes = 0x43
  /// Count u32, then bytes.
  case binBytes = 0x42
  /// Count u64, then bytes.
  case binBytes8 = 0x8E
  /// Count u64, then bytes.
  case byteArray8 = 0x96

  case emptyTuple = 0x29
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  /// All values above the mark.
  case tuple = 0x74
  case emptyList = 0x5D
  case list = 0x6C
  case append = 0x61
  case appends = 0x65
  case emptyDict = 0x7D
  case dict = 0x64
  case setItem = 0x73
  case setItems = 0x75
  case emptySet = 0x8F
  case frozenSet = 0x91
  case addItems = 0x90

  /// Number in text up to a line feed.
  case put = 0x70
  /// Number u8.
  case binPut = 0x71
  /// Number u32.
  case longBinPut = 0x72
  /// The number is how many the memo has.
  case memoize = 0x94
  /// Number in text up to a line feed.
  case get = 0x67
  /// Number u8.
  case binGet = 0x68
  /// Number u32.
  case longBinGet = 0x6A

  /// Module and name, each up to a line feed.
  case global = 0x63
  /// Module and name from the stack.
  case stackGlobal = 0x93
  /// Calls a global with a tuple.
  case reduce = 0x52
  /// Makes an object of a class with a tuple.
  case newObj = 0x81
  /// Makes an object of a class with a tuple and a dictionary.
  case newObjEx = 0x92
  /// Gives an object its state.
  case build = 0x62
  /// Module and name, each up to a line feed; makes an object of the values above the mark.
  case inst = 0x69
  /// Makes an object of the class and the values above the mark.
  case obj = 0x6F
  /// A value that is stored elsewhere.
  case binPersID = 0x51
}
