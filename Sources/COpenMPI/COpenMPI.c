#include "COpenMPI.h"

#ifdef OPENMPI

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mpi.h>

static MPI_Comm processes = MPI_COMM_NULL;

// The most elements of a part, below what an int counts, and so much that starting one costs nothing.
static const size_t part_count = (size_t)1 << 24;

static bool fail(copenmpi_failure *failure, const char *call, int code) {
  char words[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, words, &length);
  failure->call = call;
  snprintf(failure->message, sizeof failure->message, "%s", words);
  return false;
}

static bool refuse(copenmpi_failure *failure, const char *call, const char *reason) {
  failure->call = call;
  snprintf(failure->message, sizeof failure->message, "%s", reason);
  return false;
}

// Waits for what was begun: at first eagerly, for messages that are under way; then, since the other
// process may compute for long, with naps. MPI moves messages only within its own calls.
static bool finish(
    int code, MPI_Request *request, const char *call, copenmpi_failure *failure) {
  if (code != MPI_SUCCESS) return fail(failure, call, code);
  const struct timespec nap = {.tv_sec = 0, .tv_nsec = 20000};
  for (int turn = 0;; turn++) {
    int is_done = 0;
    code = MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS) return fail(failure, call, code);
    if (is_done) return true;
    if (turn < 200) {
      sched_yield();
    } else {
      nanosleep(&nap, NULL);
    }
  }
}

static void finalize(void) {
  if (processes != MPI_COMM_NULL) MPI_Comm_free(&processes);
  MPI_Finalize();
}

bool copenmpi_start(int *rank, int *count, copenmpi_failure *failure) {
  int provided = MPI_THREAD_SINGLE;
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code != MPI_SUCCESS) return fail(failure, "MPI_Init_thread", code);
  if (provided < MPI_THREAD_SERIALIZED) {
    MPI_Finalize();
    return refuse(
        failure, "MPI_Init_thread", "expected MPI_THREAD_SERIALIZED, found a lower level of threads");
  }
  if (atexit(finalize) != 0) return refuse(failure, "atexit", "no room for another function");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  code = MPI_Comm_dup(MPI_COMM_WORLD, &processes);
  if (code != MPI_SUCCESS) return fail(failure, "MPI_Comm_dup", code);
  MPI_Comm_set_errhandler(processes, MPI_ERRORS_RETURN);
  code = MPI_Comm_rank(processes, rank);
  if (code != MPI_SUCCESS) return fail(failure, "MPI_Comm_rank", code);
  code = MPI_Comm_size(processes, count);
  if (code != MPI_SUCCESS) return fail(failure, "MPI_Comm_size", code);
  return true;
}

static bool sum(
    char *numbers, size_t count, size_t size, MPI_Datatype type, copenmpi_failure *failure) {
  for (size_t start = 0; start < count; start += part_count) {
    size_t length = count - start < part_count ? count - start : part_count;
    MPI_Request request = MPI_REQUEST_NULL;
    int code = MPI_Iallreduce(
        MPI_IN_PLACE, numbers + start * size, (int)length, type, MPI_SUM, processes, &request);
    if (!finish(code, &request, "MPI_Iallreduce", failure)) return false;
  }
  return true;
}

bool copenmpi_sum_floats(float *numbers, size_t count, copenmpi_failure *failure) {
  return sum((char *)numbers, count, sizeof *numbers, MPI_FLOAT, failure);
}

bool copenmpi_sum_doubles(double *numbers, size_t count, copenmpi_failure *failure) {
  return sum((char *)numbers, count, sizeof *numbers, MPI_DOUBLE, failure);
}

bool copenmpi_broadcast(uint8_t *bytes, size_t count, int root, copenmpi_failure *failure) {
  for (size_t start = 0; start < count; start += part_count) {
    size_t length = count - start < part_count ? count - start : part_count;
    MPI_Request request = MPI_REQUEST_NULL;
    int code = MPI_Ibcast(bytes + start, (int)length, MPI_BYTE, root, processes, &request);
    if (!finish(code, &request, "MPI_Ibcast", failure)) return false;
  }
  return true;
}

bool copenmpi_gather_count(uint64_t value, uint64_t *values, copenmpi_failure *failure) {
  MPI_Request request = MPI_REQUEST_NULL;
  int code =
      MPI_Iallgather(&value, 1, MPI_UINT64_T, values, 1, MPI_UINT64_T, processes, &request);
  return finish(code, &request, "MPI_Iallgather", failure);
}

bool copenmpi_barrier(copenmpi_failure *failure) {
  MPI_Request request = MPI_REQUEST_NULL;
  return finish(MPI_Ibarrier(processes, &request), &request, "MPI_Ibarrier", failure);
}

void copenmpi_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

#endif
