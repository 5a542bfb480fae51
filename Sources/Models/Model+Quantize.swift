public import Quantization
public import STMModel
public import Tensors

extension Model {
  /// The weights of the same model by `plan`, folded: what a model file of the plan holds.
  ///
  /// `method` finds in `statistics`, which must be this model's, the ranges of what the plan holds in
  /// 8-bit integers (`STMNetwork.needsCalibration(for:)`), and what repairs need; channels
  /// are scaled where layers are in int8; `quantization` makes integers of kernels. Ranges of values
  /// whose channels are scaled are exact ones, whatever `method` says: histograms know no channels.
  /// Throws ``ModelError/alreadyQuantized(path:precision:source:)``,
  /// ``ModelError/otherStatistics(path:fingerprint:found:)``,
  /// ``ModelError/foldedBatchNorms(path:layers:)``, `QuantizationError` or what reading a parameter
  /// throws.
  public func quantized(
    by plan: PrecisionPlan, statistics: CalibrationStatistics? = nil,
    method: RangeMethod = .minmax,
    quantizing quantization: WeightQuantization = WeightQuantization()
  ) throws -> TensorArchive {
    try requireFloat32()
    try network.check(plan, of: path)
    if let statistics { try require(statistics) }
    if quantization.biasCorrection == .analytic { try requireBatchNorms() }
    let programs = network.deployedPrograms
    let equalization =
      quantization.equalizes && plan.hasIntegerLayers
      ? try Equalization(of: programs, statistics ?? CalibrationStatistics()) : .none
    return try TensorArchive(
      programs.flatMap {
        try $0.tensors(
          of: weights, in: plan, statistics: statistics, method: method, quantizing: quantization,
          equalization: equalization)
      })
  }

  /// Checks that `statistics` are of this model and its values.
  ///
  /// Throws ``ModelError/otherStatistics(path:fingerprint:found:)``, `QuantizationError` or what
  /// reading a tensor throws.
  public func require(_ statistics: CalibrationStatistics) throws {
    let fingerprint = try fingerprint
    guard statistics.model == fingerprint else {
      throw ModelError.otherStatistics(
        path: path, fingerprint: fingerprint, found: statistics.model)
    }
    try statistics.check(against: network.deployedPrograms)
  }

  /// The layers in 8-bit integers by `plan` whose biases `BiasCorrection.analytic`
  /// leaves alone, since they read something else than batch norms make.
  ///
  /// Throws ``ModelError/foldedBatchNorms(path:layers:)`` or what reading a parameter throws.
  public func layersWithoutBatchNorms(in plan: PrecisionPlan) throws -> [String] {
    try requireBatchNorms()
    return try network.deployedPrograms.flatMap {
      try $0.layersWithoutBatchNorms(in: plan, weights)
    }
  }

  /// Checks that the batch norms are there by themselves.
  ///
  /// Throws ``ModelError/foldedBatchNorms(path:layers:)``.
  public func requireBatchNorms() throws(ModelError) {
    let folded = foldedBatchNorms
    guard folded.isEmpty else { throw .foldedBatchNorms(path: path, layers: folded.sorted()) }
  }

  /// Checks that the model is one to be quantized.
  ///
  /// Throws ``ModelError/alreadyQuantized(path:precision:source:)``.
  public func requireFloat32() throws(ModelError) {
    guard plan == PrecisionPlan(.float32) else {
      throw .alreadyQuantized(
        path: path, precision: plan.name, source: (try? provenance)?.sources.first?.name)
    }
  }
}

extension STMNetwork {
  /// Whether anything is held in 8-bit integers by `plan`, so that its range must be known.
  public func needsCalibration(for plan: PrecisionPlan) -> Bool {
    deployedPrograms.contains { !$0.quantizedValues(in: plan).isEmpty }
  }

  /// Checks that `plan`, of the file `source`, is one for this network.
  ///
  /// Throws `QuantizationError.plan`.
  public func check(_ plan: PrecisionPlan, of source: String) throws(QuantizationError) {
    let problems = plan.problems(in: deployedPrograms)
    guard problems.isEmpty else { throw .plan(source: source, problems: problems) }
  }
}
