import COneDNN
import Execution

/// A call that oneDNN refused.
struct LibraryFailure: Error, CustomStringConvertible {
  let call: StaticString
  let status: dnnl_status_t

  var description: String { "\(call): \(unsafe String(cString: dnnl_status2str(status)))" }
}

/// Turns the status of `call` into an error; every status passes here.
func check(_ call: StaticString, _ status: dnnl_status_t) throws(LibraryFailure) {
  guard status == dnnl_success else { throw LibraryFailure(call: call, status: status) }
}

/// What `create` stores through its pointer; `call` is the name of what it calls.
func made(
  _ call: StaticString, _ create: (UnsafeMutablePointer<OpaquePointer?>) -> dnnl_status_t
) throws(LibraryFailure) -> OpaquePointer {
  var handle: OpaquePointer?
  try unsafe check(call, create(&handle))
  guard let handle = unsafe handle else {
    throw LibraryFailure(call: call, status: dnnl_runtime_error)
  }
  return unsafe handle
}

/// Adds the name of the step (or program) that is being worked on to what oneDNN refuses.
func naming<Result>(_ step: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let failure as LibraryFailure {
    throw ExecutionError.backend(
      name: OneDNNBackend.name, step: step, reason: failure.description)
  }
}
