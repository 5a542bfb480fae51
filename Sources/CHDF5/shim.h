// The door to libhdf5 1.10, serial (Debian: libhdf5-dev).
#include <hdf5.h>

// Comma expressions, which Swift does not import as constants.
static inline unsigned chdf5_H5F_ACC_RDONLY(void) { return H5F_ACC_RDONLY; }
static inline hid_t chdf5_H5P_FILE_ACCESS(void) { return H5P_FILE_ACCESS; }
