/// What started this process says of how many it started, in its environment.
struct LaunchedProcesses {
  /// The variables that hold the number, the first that is there counts: OpenMPI's `mpirun`, others'
  /// (MPICH, Intel MPI), and `srun` of Slurm.
  ///
  /// `SLURM_NTASKS` is none of them: it is there in a whole job script, also for what the script
  /// itself starts once.
  static let variables = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]

  /// How many processes were started together, this one among them.
  let count: Int

  /// Reads it from `environment`; 1 where nothing is said.
  init(_ environment: [String: String]) {
    let said = Self.variables.lazy.compactMap { environment[$0] }.first
    count = max(1, said.flatMap { Int($0) } ?? 1)
  }
}
