// OpenMPI. Swift does not import this module: COpenMPI does, because MPI's communicators, types and
// operators are macros that cast addresses.
#include <mpi.h>
