#if MPI
  import Testing

  @Suite struct MPIProcessesTests {
    @Test func `sums are those over all processes, in whatever order they are waited for`() throws {
      let launch = try Launch("sums", processes: 2)
      #expect(launch.code == 0, "\(launch.errors)")
      let sums = "[2.0, 1.0] [] [1.0, 0.5, 1.0] [1.2000000000000002]"
      #expect(launch.output == ["0: \(sums)", "1: \(sums)"])
    }

    @Test(arguments: [2, 3])
    func `large sums have the same bytes in every process and in every run`(count: Int) throws {
      let runs = try [Launch("largeSum", processes: count), Launch("largeSum", processes: count)]
      let found = runs.flatMap { $0.output.map { $0.drop { $0 != ":" } } }
      #expect(found.count == 2 * count && Set(found).count == 1, "\(runs)")
      #expect(found.first?.hasPrefix(": 300000 ") == true)
    }

    @Test func `what is gathered comes in the order of ranks, nothing among it`() throws {
      let launch = try Launch("gather", processes: 3)
      #expect(launch.output == (0..<3).map { "\($0): [[1, 1], [], [3, 3]]" }, "\(launch.errors)")
    }

    @Test func `a message that is larger than one call sends is broadcast whole`() throws {
      let launch = try Launch("broadcast", processes: 2)
      #expect(launch.output == (0..<2).map { "\($0): 41943040 1 0 2 3" }, "\(launch.errors)")
    }

    @Test func `several threads of a process can wait at once`() throws {
      let launch = try Launch("manyThreads", processes: 2)
      #expect(launch.output == (0..<2).map { "\($0): [1.0] [[0], [1]]" }, "\(launch.errors)")
    }

    @Test func `work is dealt out to processes`() throws {
      let launch = try Launch("share", processes: 2)
      let made = #"["0 by 0", "1 by 1", "4 by 0", "9 by 1", "16 by 0"]"#
      #expect(launch.output == (0..<2).map { "\($0): \(made)" }, "\(launch.errors)")
    }

    @Test func `a process that fails in its share makes all throw what it says`() throws {
      let launch = try Launch("shareFails", processes: 2)
      #expect(launch.code == 1 && launch.output == [])
      let said = launch.errors.split(separator: "\n").filter { $0.hasPrefix("missingInput; ") }
      #expect(said.count >= 1 && Set(said).count == 1, "\(launch.errors)")
      #expect(said.first?.contains("item [2]") == true)
      #expect(said.first?.contains("; in process 1 of 2, counted from 0; ") == true)
    }

    @Test func `a process that cannot go on ends all with its status`() throws {
      let launch = try Launch("oneAborts", processes: 2)
      #expect(launch.code == 7 && launch.output == [])
    }

    @Test func `a process that crashes ends all`() throws {
      let launch = try Launch("oneCrashes", processes: 2)
      #expect(launch.code != 0 && launch.output == [])
    }
  }
#endif
