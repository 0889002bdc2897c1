// A crowd to look at: PROCESSES processes in GROUPS sets of seven namespaces each (and in those that exist already).
// Says "ready" when all of them are there; they go when its stdin ends, or when it does.
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static int ready[2];

static void stay(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (write(ready[1], "", 1) != 1) _exit(1);
  for (;;) pause();
}

// The leader stays in the PID namespace it came from; its children are in the new one, the first as PID 1.
static void lead(int members) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP))
    err(1, "unshare");
  for (; members > 0; members--) {
    pid_t pid = fork();
    if (pid < 0) err(1, "fork");
    if (pid == 0) stay();
  }
  stay();
}

int main(int argc, char **argv) {
  if (argc != 3) errx(2, "usage: crowd PROCESSES GROUPS");
  int processes = atoi(argv[1]), groups = atoi(argv[2]), left = processes;
  if (pipe(ready)) err(1, "pipe");
  for (int group = 0; group < groups; group++) {
    int size = left / (groups - group);
    left -= size;
    pid_t pid = fork();
    if (pid < 0) err(1, "fork");
    if (pid == 0) lead(size - 1);
  }
  close(ready[1]);
  char byte;
  for (int count = 0; count < processes; count++)
    if (read(ready[0], &byte, 1) != 1) errx(1, "only %d of %d processes came", count, processes);
  puts("ready");
  fflush(stdout);
  while (read(0, &byte, 1) > 0);
  return 0;
}
