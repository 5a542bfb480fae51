import Networks
import STMModel
import TestSupport
import Testing

@testable import Mapping

@Suite struct InputRoleTests {
  @Test(arguments: [
    ("frame", "frame"), ("image", "frame"), ("input_image", "frame"), ("RGB", "frame"),
    ("in_f", "frame"), ("mask", "mask"), ("prev-mask", "mask"), ("in_m", "mask"),
    ("others", "others"), ("mask_others", "others"), ("other_masks", "others"), ("in_o", "others"),
    ("memory_keys", "memory_keys"), ("query_key", "key"), ("query_value", "value"), ("key", "key"),
    ("Value", "value"), ("R3", "r3"),
  ])
  func `a name tells what a graph is given`(name: String, role: String) {
    #expect(InputRole.of(name) == role)
    #expect(InputRole.all.contains(role))
  }

  @Test(arguments: ["x0", "input.1", "frame_mask", "framework", "unmasked", ""])
  func `a name that says nothing, or two things, tells no role`(name: String) {
    #expect(InputRole.of(name) == nil)
  }
}

@Suite struct InputBindingTests {
  @Test func `a binding is an input and a role`() throws {
    let binding = try #require(InputBinding("x1=mask"))
    #expect(binding.input == "x1" && binding.role == "mask" && binding.description == "x1=mask")
  }

  @Test func `a binding may name the file, and an input may have an equals sign`() throws {
    #expect(InputBinding("query.onnx:image=frame")?.input == "query.onnx:image")
    #expect(InputBinding("a=b=others")?.input == "a=b")
  }

  @Test(arguments: ["", "=", "x", "x=", "=mask", "x=sky", "x=Mask", "x=mask "])
  func `what is no binding is refused`(text: String) {
    #expect(InputBinding(text) == nil)
  }

  @Test func `every input of the network is a role`() {
    let network = STMNetwork(.tiny)
    let inputs = Set(network.graphs.flatMap(\.inputs))
    #expect(inputs == Set(InputBinding.roles))
  }
}
