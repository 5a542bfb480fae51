extension Program {
  /// The last step that reads each value, by the value's name; what no step reads is absent.
  public var lastReaders: [String: String] {
    var readers: [String: String] = [:]
    for step in steps {
      for input in step.inputs { readers[input] = step.name }
    }
    return readers
  }
}
