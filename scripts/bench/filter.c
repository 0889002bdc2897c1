// argv: a filter's file, how many calls, the call's number and its first argument. Prints nanoseconds per call.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv) {
  static struct sock_filter instructions[4096];
  if (argc != 5) return 2;
  int fd = open(argv[1], O_RDONLY);
  long bytes = read(fd, instructions, sizeof instructions);
  struct sock_fprog program = {.len = bytes / sizeof *instructions, .filter = instructions};
  if (bytes < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
  if (program.len > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return 1;
  long count = atol(argv[2]), number = atol(argv[3]), argument = atol(argv[4]);
  for (long n = 0; n < count / 10; n++) syscall(number, argument);
  double start = now();
  for (long n = 0; n < count; n++) syscall(number, argument);
  printf("%f\n", (now() - start) / count);
  return 0;
}
