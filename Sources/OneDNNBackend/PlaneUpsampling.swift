import Execution

/// A bilinear upsampling of row-major planes, in the order of operations of the plain loops, so that
/// results agree bit for bit: for images whose channels do not fill blocks, such as logits.
struct PlaneUpsampling: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  private let rows: [SamplePoint]
  private let columns: [SamplePoint]
  private let planes: Int

  /// An upsampling of row-major binary32 images laid out as `input` by `factor`.
  init(_ input: MemoryDescriptor, by factor: Int) throws(LibraryFailure) {
    inputs = [input]
    output = try input.resized(input.dimensions[2...].map { factor * $0 })
    rows = SamplePoint.upsampled(input.dimensions[2], by: factor)
    columns = SamplePoint.upsampled(input.dimensions[3], by: factor)
    planes = input.dimensions[0] * input.dimensions[1]
  }

  var workspaceByteCount: Int {
    planes * inputs[0].dimensions[2] * columns.count * MemoryLayout<Float>.size
  }

  func run(_ operands: StepOperands) {
    let (height, width) = (inputs[0].dimensions[2], inputs[0].dimensions[3])
    let source = unsafe operands.inputs[0].assumingMemoryBound(to: Float.self)
    let wide = unsafe operands.workspace.assumingMemoryBound(to: Float.self)
    let result = unsafe operands.output.assumingMemoryBound(to: Float.self)
    let larger = columns.count
    Team.forEach(planes * height) { line in
      let from = unsafe source + line * width
      let to = unsafe wide + line * larger
      for (index, column) in columns.enumerated() {
        unsafe to[index] = unsafe column.between(from[column.low], from[column.high])
      }
    }
    Team.forEach(planes * rows.count) { line in
      let (plane, index) = line.quotientAndRemainder(dividingBy: rows.count)
      let row = rows[index]
      let top = unsafe wide + (plane * height + row.low) * larger
      let bottom = unsafe wide + (plane * height + row.high) * larger
      let to = unsafe result + line * larger
      for index in 0..<larger { unsafe to[index] = unsafe row.between(top[index], bottom[index]) }
    }
  }
}
