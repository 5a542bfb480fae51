#define _GNU_SOURCE

#include "CSandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>

int csandbox_memory_file(const char *name) {
  return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int csandbox_seal(int memory_file) {
  return fcntl(memory_file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

int csandbox_pipe(int ends[2]) {
  int status = pipe2(ends, O_CLOEXEC);
  if (status == 0) fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  return status;
}

static int set_descriptors(posix_spawn_file_actions_t *actions, const int *descriptors, int count) {
  int status = 0;
  for (int number = 0; number <= 2 && status == 0; number++)
    status = posix_spawn_file_actions_addopen(actions, number, "/dev/null", O_RDWR, 0);
  for (int index = 0; index < count && status == 0; index++)
    status = posix_spawn_file_actions_adddup2(actions, descriptors[index], 3 + index);
  if (status == 0) status = posix_spawn_file_actions_addclosefrom_np(actions, 3 + count);
  return status;
}

static int set_signals(posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int status = posix_spawnattr_setsigdefault(attributes, &all);
  if (status == 0) status = posix_spawnattr_setsigmask(attributes, &none);
  if (status == 0)
    status = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  return status;
}

int csandbox_spawn(pid_t *child, const char *executable, char *const arguments[],
                   char *const environment[], const int *descriptors, int count) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int status = posix_spawn_file_actions_init(&actions);
  if (status != 0) return status;
  status = posix_spawnattr_init(&attributes);
  if (status == 0) {
    status = set_descriptors(&actions, descriptors, count);
    if (status == 0) status = set_signals(&attributes);
    if (status == 0)
      status = posix_spawn(child, executable, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

int csandbox_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL); }
