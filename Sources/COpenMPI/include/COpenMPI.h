// The door to OpenMPI, which builds with the trait MPI alone.
//
// Every call but the first is one of a communicator of our own over all processes, and all processes
// make the same calls in the same order, one at a time. Messages of any size go in parts that MPI's
// 32-bit counts can say. While a call waits for other processes its thread naps, so that it takes no
// core from those that compute.

#ifndef COPENMPI_H
#define COPENMPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why a call failed.
typedef struct {
  /// The name of MPI's function.
  const char *call;
  /// MPI's own words, ending in 0.
  char message[512];
} copenmpi_failure;

/// Joins the other processes (wraps MPI_Init_thread); `rank` is the number of this one, from 0, and
/// `count` how many there are. To be called once.
///
/// Any thread may make calls from then on, one at a time. MPI ends with the process, which waits for
/// the others to end as well (MPI_Finalize, at exit).
bool copenmpi_start(int *rank, int *count, copenmpi_failure *failure);

/// Adds up `numbers`, element by element, over the processes (wraps MPI_Iallreduce).
bool copenmpi_sum_floats(float *numbers, size_t count, copenmpi_failure *failure);

/// The same for binary64.
bool copenmpi_sum_doubles(double *numbers, size_t count, copenmpi_failure *failure);

/// Replaces `bytes` by those of the process `root` (wraps MPI_Ibcast).
bool copenmpi_broadcast(uint8_t *bytes, size_t count, int root, copenmpi_failure *failure);

/// Writes what each process calls this with to `values`, in the order of their ranks (wraps
/// MPI_Iallgather).
bool copenmpi_gather_count(uint64_t value, uint64_t *values, copenmpi_failure *failure);

/// Waits for all processes (wraps MPI_Ibarrier).
bool copenmpi_barrier(copenmpi_failure *failure);

/// Ends all processes with `status` (wraps MPI_Abort). Any thread may call it at any time.
void copenmpi_abort(int status);

#endif
