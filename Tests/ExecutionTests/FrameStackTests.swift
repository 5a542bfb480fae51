import Execution
import Tensors
import Testing

@Suite struct FrameStackTests {
  @Test func `frames stand behind one another within each channel of each object`() throws {
    let frames = [0, 100, 200].map { offset in
      FloatTensor(shape: [2, 2, 1, 2], values: (0..<8).map { Float(offset + $0) })
    }
    let stack = FrameStack(frames)
    #expect(stack.shape == [2, 2, 3, 1, 2])
    let floats = try stack.floats()
    #expect(floats.shape == stack.shape)
    #expect(floats.values[0..<6] == [0, 1, 100, 101, 200, 201])
    #expect(floats.values[6..<12] == [2, 3, 102, 103, 202, 203])
    #expect(floats.values[18..<24] == [6, 7, 106, 107, 206, 207])
  }

  @Test func `a memory of one frame is that frame`() throws {
    let frame = FloatTensor(shape: [1, 1, 2, 2], values: [1, 2, 3, 4])
    let floats = try FrameStack([frame]).floats()
    #expect(floats.shape == [1, 1, 1, 2, 2] && floats.values == frame.values)
  }
}
