// The same box as nsbox makes, in C: the measure for a warm nsbox.
//
//   limit COUNT INIT   makes COUNT boxes one after another and prints the seconds they took.
//   -DINIT             compiles the init itself: PID 1 of each box, started from a sealed memfd.
//
// One box: clone into seven new namespaces with CLONE_VM|CLONE_VFORK, id maps, private mounts, a fresh /proc,
// execveat of the init, which starts /bin/true, reaps until that has ended, and ends with its status.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *const ENVIRONMENT[] = {"PATH=/usr/bin:/bin", NULL};

#ifdef INIT

int main(void) {
  char *const command[] = {"/bin/true", NULL};
  pid_t child = vfork();
  if (child == 0) {
    execve(command[0], command, ENVIRONMENT);
    _exit(127);
  }
  for (;;) {
    int status;
    pid_t pid = wait4(-1, &status, 0, NULL);
    if (pid < 0) _exit(125);
    if (pid == child) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
}

#else

enum { STACK_BYTES = 64 * 1024 };

static char stack[STACK_BYTES] __attribute__((aligned(16)));
static char uid_map[64], gid_map[64];
static int init_fd;

static void check(const char *what, long result) {
  if (result >= 0) return;
  fprintf(stderr, "limit: cannot %s: %s\n", what, strerror(errno));
  _exit(125);
}

static void write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  check(path, fd);
  check(path, write(fd, text, strlen(text)));
  close(fd);
}

static int box(void *unused) {
  (void)unused;
  char *const arguments[] = {"init", NULL};
  check("ask for a death signal", prctl(PR_SET_PDEATHSIG, SIGKILL));
  write_file("/proc/self/uid_map", uid_map);
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/gid_map", gid_map);
  check("name the host", sethostname("limit", 5));
  check("make mounts private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  check("mount proc", mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  check("keep privileges as they are", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  check("start the init", syscall(SYS_execveat, init_fd, "", arguments, ENVIRONMENT, AT_EMPTY_PATH));
  return 125;
}

// Copies the init into a sealed memfd, as nsbox does: its file cannot change under a running box.
static void load_init(const char *path) {
  char buffer[65536];
  ssize_t count;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  check(path, file);
  init_fd = memfd_create("init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  check("make a memfd", init_fd);
  while ((count = read(file, buffer, sizeof buffer)) > 0) check("fill the memfd", write(init_fd, buffer, count));
  check("seal the memfd", fcntl(init_fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
  close(file);
}

static void make_box(void) {
  const int flags = CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                    CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP | SIGCHLD;
  int status;
  pid_t pid = clone(box, stack + STACK_BYTES, flags, NULL);
  check("clone", pid);
  check("wait", waitpid(pid, &status, 0));
  if (status == 0) return;
  fprintf(stderr, "limit: a box ended with status %#x\n", status);
  exit(1);
}

int main(int argc, char **argv) {
  struct timespec start, end;
  if (argc != 3) return fprintf(stderr, "usage: limit COUNT INIT\n"), 2;
  snprintf(uid_map, sizeof uid_map, "0 %u 1", geteuid());
  snprintf(gid_map, sizeof gid_map, "0 %u 1", getegid());
  load_init(argv[2]);
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int left = atoi(argv[1]); left > 0; left--) make_box();
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f\n", (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9);
  return 0;
}

#endif
