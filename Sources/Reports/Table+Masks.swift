extension Table {
  /// What became of masks: a row for each of `rows`, in which the reference has no number, and two for
  /// how near all three runs come to the `truth`, where it is known.
  static func masks(
    _ rows: [(title: String, teacherForced: Double?, freeRunning: Double?)],
    truth: ClipFrameReport.Truth?
  ) -> Table {
    var rows = rows.map { row in
      [row.title] + [row.teacherForced, row.freeRunning, nil].map { $0.map(Numbers.ratio) ?? "-" }
    }
    if let truth {
      let runs = [truth.teacherForced, truth.freeRunning, truth.reference]
      rows += [
        ["mean J with the truth"] + runs.map { Numbers.ratio($0.region) },
        ["mean F with the truth"] + runs.map { Numbers.ratio($0.boundary) },
      ]
    }
    return Table(
      titles: ["masks", "teacher-forced", "free-running", "reference"], textColumns: 1, rows: rows)
  }
}
