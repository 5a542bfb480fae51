import CSandbox
import Files
import Glibc
import LibSeccomp

/// Takes from this process all that reading bytes and computing does not need, for good.
///
/// After that it can read and write what is open, ask for memory and end. It cannot open, create,
/// rename or remove files, use the network, start processes or programs, map code, or signal
/// anybody but itself (wraps `setrlimit` and, through libseccomp, `seccomp(2)`: the system calls
/// that are not listed here fail with `EPERM`).
public enum Sandbox {
  /// How much a confined process may use.
  public struct Allowance: Sendable, Hashable, Codable {
    /// The bytes of address space beside those that it has already.
    public let memory: Int
    /// The seconds of processor time, from its start.
    public let seconds: Int
    /// The size of the files that it writes, in bytes.
    public let fileSize: Int

    /// An allowance.
    public init(memory: Int, seconds: Int, fileSize: Int) {
      self.memory = memory
      self.seconds = seconds
      self.fileSize = fileSize
    }
  }

  /// Why a process cannot be confined.
  public struct Failure: Error {
    /// The call that failed and the system's reason.
    public let reason: String
  }

  /// The system calls that stay allowed, whatever they are given.
  private static let calls = [
    "brk", "clock_gettime", "close", "exit", "exit_group", "fstat", "ftruncate", "futex", "getpid",
    "getrandom", "gettid", "gettimeofday", "lseek", "madvise", "mremap", "munmap", "pread64",
    "pwrite64", "read", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "sched_yield", "sigaltstack", "write",
  ]

  /// Confines this process and all its threads, and has it killed when its parent ends.
  ///
  /// Throws ``Failure``, when it may be half confined.
  public static func enter(_ allowance: Allowance) throws(Failure) {
    try check("prctl", csandbox_end_with_parent())
    try limit(RLIMIT_AS, to: try addressSpace() + allowance.memory)
    try limit(RLIMIT_CPU, to: allowance.seconds, atMost: allowance.seconds + 1)
    try limit(RLIMIT_FSIZE, to: allowance.fileSize)
    for resource in [RLIMIT_CORE, RLIMIT_NOFILE] { try limit(resource, to: 0) }
    try filterCalls()
  }

  /// Limits `resource` to `value`. Beyond that the process gets a signal, which for processor time is
  /// one that says so only as long as the limit that ends it, `most`, is higher.
  private static func limit(
    _ resource: __rlimit_resource, to value: Int, atMost most: Int? = nil
  ) throws(Failure) {
    let resource = __rlimit_resource_t(resource.rawValue)
    var limits = rlimit()
    try check("getrlimit", unsafe getrlimit(resource, &limits))
    let hard = min(rlim_t(most ?? value), limits.rlim_max)
    limits = rlimit(rlim_cur: min(rlim_t(value), hard), rlim_max: hard)
    try check("setrlimit", unsafe setrlimit(resource, &limits))
  }

  /// The bytes of address space that this process has: the first number of `/proc/self/statm`, in
  /// pages.
  private static func addressSpace() throws(Failure) -> Int {
    var text = [UInt8](repeating: 0, count: 64)
    guard let file = Descriptor(unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) else {
      throw Failure(reason: "/proc/self/statm: \(unsafe String(cString: strerror(errno)))")
    }
    let count = unsafe text.withUnsafeMutableBytes {
      unsafe read(file.number, $0.baseAddress, 64)
    }
    let digits = text.prefix(max(count, 0)).prefix { (0x30...0x39).contains($0) }
    guard let pages = Int(String(decoding: digits, as: UTF8.self)) else {
      throw Failure(reason: "/proc/self/statm: expected a number")
    }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  private static func filterCalls() throws(Failure) {
    guard let filter = unsafe seccomp_init(libseccomp_act_errno_eperm()) else {
      throw Failure(reason: "seccomp_init")
    }
    defer { unsafe seccomp_release(filter) }
    try check("seccomp_attr_set", unsafe seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1))
    func allow(_ name: String, where conditions: [scmp_arg_cmp] = []) throws(Failure) {
      let number = unsafe seccomp_syscall_resolve_name(name)
      guard number >= 0 else { return }
      try check(
        "seccomp_rule_add(\(name))",
        unsafe seccomp_rule_add_array(
          filter, SCMP_ACT_ALLOW, number, UInt32(conditions.count), conditions))
    }
    for name in calls { try allow(name) }
    let isNoCode = scmp_arg_cmp(
      arg: 2, op: SCMP_CMP_MASKED_EQ, datum_a: scmp_datum_t(PROT_EXEC), datum_b: 0)
    for name in ["mmap", "mprotect"] { try allow(name, where: [isNoCode]) }
    let isItself = scmp_arg_cmp(
      arg: 0, op: SCMP_CMP_EQ, datum_a: scmp_datum_t(getpid()), datum_b: 0)
    try allow("tgkill", where: [isItself])
    try check("seccomp_load", unsafe seccomp_load(filter))
  }

  private static func check(_ call: String, _ status: Int32) throws(Failure) {
    guard status < 0 else { return }
    let code = status == -1 ? errno : -status
    throw Failure(reason: "\(call): \(unsafe String(cString: strerror(code)))")
  }
}
