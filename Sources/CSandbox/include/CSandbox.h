// The door to what Linux has for child processes beyond POSIX, which Swift's own module of the C
// library leaves out.

#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <sys/types.h>

/// Makes an empty file that is only in memory (memfd_create); negative, with errno, on failure.
int csandbox_memory_file(const char *name);

/// Makes the memory file unchangeable (F_ADD_SEALS); negative, with errno, on failure. It fails
/// while the file is mapped for writing.
int csandbox_seal(int memory_file);

/// Makes a pipe, of up to 1 MiB where the system lets it (pipe2); negative, with errno, on failure.
int csandbox_pipe(int ends[2]);

/// Starts `executable` with its descriptors 3, 4, ... being `descriptors`, 0 to 2 the null device
/// and no others (posix_spawn). Returns an error number, 0 if it started.
int csandbox_spawn(pid_t *child, const char *executable, char *const arguments[],
                   char *const environment[], const int *descriptors, int count);

/// Has this process killed when its parent ends (PR_SET_PDEATHSIG); negative on failure.
int csandbox_end_with_parent(void);

#endif
