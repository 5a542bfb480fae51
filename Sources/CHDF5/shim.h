// The door to libhdf5 1.10, serial (Debian: libhdf5-dev).
#include <hdf5.h>

// A comma expression, which Swift does not import as a constant.
static inline unsigned chdf5_H5F_ACC_RDONLY(void) { return H5F_ACC_RDONLY; }
