import COneDNN

/// An operation on operands that are laid out in certain ways; to be made into a
/// ``PrimitiveDescriptor``.
@safe struct PrimitiveOperation {
  /// Makes the primitive descriptor for an engine, the operands' layouts and attributes.
  typealias Description = (
    UnsafeMutablePointer<dnnl_primitive_desc_t?>, dnnl_engine_t, [COneDNN_layout?],
    dnnl_primitive_attr_t
  ) -> dnnl_status_t

  /// The name of what `describe` calls.
  let call: StaticString
  /// How the operands lie.
  let layouts: [MemoryDescriptor]
  let describe: Description

  init(
    _ call: StaticString, _ layouts: [MemoryDescriptor], _ describe: @escaping Description
  ) {
    self.call = call
    self.layouts = layouts
    unsafe self.describe = unsafe describe
  }
}
