import COneDNN

/// Numbers in rows, or those of another matrix the other way round.
@safe struct Matrix {
  let start: UnsafeMutablePointer<Float>
  /// The extents as they lie: rows that are contiguous.
  let rows: Int, columns: Int
  /// The distance between neighbouring rows.
  let stride: Int
  private let isTransposed: Bool

  /// `rows` of `columns` numbers from number `offset` on of what lies at `start`, each `stride` after
  /// the one before; nil: right behind it.
  init(
    _ start: UnsafeMutableRawPointer, offset: Int = 0, _ rows: Int, _ columns: Int,
    stride: Int? = nil
  ) {
    unsafe self.init(
      start: start.assumingMemoryBound(to: Float.self) + offset, rows, columns,
      stride ?? columns, isTransposed: false)
  }

  private init(
    start: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, _ stride: Int,
    isTransposed: Bool
  ) {
    unsafe self.start = unsafe start
    self.rows = rows
    self.columns = columns
    self.stride = stride
    self.isTransposed = isTransposed
  }

  /// The same numbers, rows for columns.
  var transposed: Matrix {
    unsafe Matrix(start: start, rows, columns, stride, isTransposed: !isTransposed)
  }

  /// Columns `range`, which lie where they did.
  func columns(_ range: Range<Int>) -> Matrix {
    unsafe Matrix(
      start: start + range.lowerBound, rows, range.count, stride, isTransposed: isTransposed)
  }

  /// Rows `range`.
  func rows(_ range: Range<Int>) -> Matrix {
    unsafe Matrix(
      start: start + range.lowerBound * stride, range.count, columns, stride,
      isTransposed: isTransposed)
  }

  /// Row `index`.
  func row(_ index: Int) -> Elements {
    unsafe Elements(UnsafeMutableRawPointer(start + index * stride))
  }

  /// Becomes `scale` times the product of `left` and `right`, added to what was there where `adds`.
  /// Wraps `dnnl_sgemm`.
  func multiply(
    _ left: Matrix, _ right: Matrix, scale: Float = 1, adds: Bool = false
  ) throws(LibraryFailure) {
    let inner = left.isTransposed ? left.rows : left.columns
    precondition(
      !isTransposed && rows == (left.isTransposed ? left.columns : left.rows)
        && inner == (right.isTransposed ? right.columns : right.rows)
        && columns == (right.isTransposed ? right.rows : right.columns))
    func flag(_ matrix: Matrix) -> CChar {
      CChar(UInt8(ascii: matrix.isTransposed ? "T" : "N"))
    }
    try unsafe check(
      "dnnl_sgemm",
      dnnl_sgemm(
        flag(left), flag(right), dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(inner), scale,
        left.start, dnnl_dim_t(left.stride), right.start, dnnl_dim_t(right.stride), adds ? 1 : 0,
        start, dnnl_dim_t(stride)))
  }
}
