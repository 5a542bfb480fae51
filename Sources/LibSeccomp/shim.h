// The door to libseccomp 2.5 (Debian: libseccomp-dev).
#include <errno.h>
#include <seccomp.h>

// A macro with an argument, which Swift does not import.
static inline uint32_t libseccomp_act_errno_eperm(void) { return SCMP_ACT_ERRNO(EPERM); }
