public import Isolation

/// Where libhdf5 reads a file.
public enum HDF5Reader: Sendable, Hashable {
  /// In this process, whose fault every fault of the library is then.
  ///
  /// Elements are read when they are asked for, while the file must stay.
  case inProcess
  /// In a process of its own, which may do nothing else: see ``HDF5Child``.
  ///
  /// All elements are read at once, into memory.
  case confined(ChildProgram)
}
