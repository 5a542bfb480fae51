import Networks
import Tensors

/// Looks for numbers that a trained network should not hold.
struct ValueCheck {
  /// What is accepted.
  let options: MappingOptions

  /// What is wrong with the elements of `entry`, which are in binary32, for `parameter`; those of
  /// its output channels are looked at in `kernel`, which is `entry` or what it is folded of.
  ///
  /// Throws what reading throws.
  func findings(
    in entry: TensorArchive.Entry, kernel: TensorArchive.Entry?, of parameter: Parameter,
    from source: MappingAudit.Source
  ) throws -> [ValueFinding] {
    let tensor = try entry.tensor()
    let isKernel = parameter.role == .weight && parameter.shape.rank == 4
    let scan = ValueScan(tensor, rows: isKernel && kernel == nil ? parameter.shape[0] : 1)
    let zeros =
      if let kernel {
        ValueScan(try kernel.tensor(), rows: parameter.shape[0]).zeroRows
      } else { isKernel ? scan.zeroRows : nil }
    func finding(
      _ kind: ValueFinding.Kind, _ indices: ValueScan.Indices?, isAccepted: Bool
    ) -> ValueFinding? {
      guard let indices else { return nil }
      let isChannel = kind == .zeroChannel
      return ValueFinding(
        parameter: parameter.name, file: source.file, tensor: source.tensor, kind: kind,
        count: indices.count,
        total: isChannel ? parameter.shape[0] : parameter.shape.elementCount,
        firstIndex: indices.first,
        first: isChannel ? nil : ValueScan.element(indices.first, of: tensor),
        isAccepted: isAccepted)
    }
    func values(_ isWrong: (Float) -> Bool) -> ValueScan.Indices? {
      ValueScan.indices(in: tensor) { $0.isFinite && isWrong($0) }
    }
    var found = [
      finding(.nonFinite, scan.nonFinite, isAccepted: options.acceptsNonFinite),
      finding(
        .zeroChannel, zeros, isAccepted: accepts(options.allowedZeroChannels, parameter)),
      finding(.denormal, scan.denormal, isAccepted: true),
    ]
    if parameter.name.hasSuffix(".running_var") {
      found.append(
        finding(
          .variance, values { $0 <= 0 },
          isAccepted: values { $0 < 0 } == nil && accepts(options.allowedZeroVariances, parameter)))
    } else if parameter.name.hasSuffix(".std") {
      found.append(finding(.deviation, values { $0 <= 0 }, isAccepted: false))
    }
    return found.compactMap(\.self)
  }

  private func accepts(_ patterns: [NamePattern], _ parameter: Parameter) -> Bool {
    patterns.contains { $0.matches(parameter.name) }
  }
}
