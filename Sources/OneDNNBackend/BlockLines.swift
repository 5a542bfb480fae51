/// Lines of a block: 16 numbers each, or 8, of which a vector then holds two copies.
@safe struct BlockLines {
  private let start: UnsafeMutablePointer<Float>
  private let block: Int

  /// The lines of `block` numbers from line `first` on of what lies at `start`.
  init(_ start: UnsafeMutableRawPointer, _ first: Int, _ block: Int) {
    unsafe self.start = start.assumingMemoryBound(to: Float.self) + first * block
    self.block = block
  }

  /// Line number `line`.
  subscript(_ line: Int) -> SIMD16<Float> {
    get {
      let start = unsafe UnsafeRawPointer(start + line * block)
      guard block != 16 else { return unsafe start.loadUnaligned(as: SIMD16<Float>.self) }
      let half = unsafe start.loadUnaligned(as: SIMD8<Float>.self)
      return SIMD16<Float>(lowHalf: half, highHalf: half)
    }
    nonmutating set {
      let start = unsafe UnsafeMutableRawPointer(start + line * block)
      if block == 16 {
        unsafe start.storeBytes(of: newValue, as: SIMD16<Float>.self)
      } else {
        unsafe start.storeBytes(of: newValue.lowHalf, as: SIMD8<Float>.self)
      }
    }
  }

  /// The number in line `line` at `lane`.
  subscript(_ line: Int, _ lane: Int) -> Float {
    get { unsafe start[line * block + lane] }
    nonmutating set { unsafe start[line * block + lane] = newValue }
  }
}
