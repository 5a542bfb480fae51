import Files
import Testing

@testable import Cluster

@Suite struct SingleProcessTests {
  private let group = SingleProcess()

  @Test func `a process by itself is the first of one and is given what it gives`() throws {
    #expect(group.rank == 0 && group.count == 1 && group.isFirst)
    #expect(try group.beginSum([1, 2]).wait() == [1, 2])
    #expect(group.sum([0.5]) == [0.5])
    #expect(group.gather([7]) == [[7]])
    #expect(group.broadcast([1, 2]) == [1, 2])
  }

  @Test func `a process by itself does all shares and throws its own errors`() throws {
    #expect(try group.share([3, 4]) { $0.map { $0 * 2 } } == [6, 8])
    #expect(throws: FileError.notFound(path: "x")) {
      try group.share([1]) { _ -> [Int] in throw FileError.notFound(path: "x") }
    }
  }

  @Test(arguments: [
    ([:], 1), (["OMPI_COMM_WORLD_SIZE": "4"], 4), (["PMI_SIZE": "3"], 3),
    (["SLURM_STEP_NUM_TASKS": "8"], 8), (["SLURM_NTASKS": "8"], 1),
    (["OMPI_COMM_WORLD_SIZE": "1", "SLURM_STEP_NUM_TASKS": "2"], 1), (["PMI_SIZE": "many"], 1),
  ])
  func `the number of processes is what started them says`(
    environment: [String: String], count: Int
  ) {
    #expect(LaunchedProcesses(environment).count == count)
  }

  @Test func `one process started by mpirun or srun works by itself`() throws {
    let launch = try Launch("share", environment: ["OMPI_COMM_WORLD_SIZE": "1"])
    #expect(launch.code == 0)
    #expect(launch.output == [#"0: ["0 by 0", "1 by 0", "4 by 0", "9 by 0", "16 by 0"]"#])
  }

  #if !MPI
    @Test(arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"])
    func `several processes are refused where MPI is not built in, with how to build it`(
      variable: String
    ) throws {
      let launch = try Launch("share", environment: [variable: "2"])
      #expect(launch.code == 1 && launch.output == [])
      #expect(
        launch.errors == """
          usage; expected one process, found 2: this tool was built without MPI; build with MPI \
          (make MPI=1 build), or start the tool by itself

          """)
    }
  #endif
}
