// Times whole processes: stopwatch ROUNDS COMMAND… [--: COMMAND…]…
//
// Starts the commands in turn, each once a round, and waits for each; prints a line for each command, with two times in
// nanoseconds for each round: until the command has returned, and until nothing that it has started runs any more. Some
// return before that. The kernel goes on taking down namespaces for a while after: so that this does not always fall on
// the same one, each round has an order of its own. What the bench itself adds to a time is a few calls of C, and not a
// JavaScript engine's. The first rounds don't count.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { COMMANDS_MAX = 32, WARM_UP_ROUNDS = 3 };

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

struct times {
  long returned, gone;
};

static struct times run(char **command, const posix_spawn_file_actions_t *files) {
  struct times times;
  pid_t pid;
  int status;
  long start = now();
  int error = posix_spawnp(&pid, command[0], files, NULL, command, environ);
  if (error != 0 || waitpid(pid, &status, 0) != pid) {
    fprintf(stderr, "cannot run %s: %s\n", command[0], strerror(error != 0 ? error : errno));
    exit(1);
  }
  times.returned = now() - start;
  // What it has left behind is a child of ours now.
  while (waitpid(-1, NULL, 0) > 0) continue;
  times.gone = now() - start;
  if (status == 0) return times;
  fprintf(stderr, "%s ended with status %#x\n", command[0], status);
  exit(1);
}

int main(int argc, char **argv) {
  char **commands[COMMANDS_MAX];
  int count = 0, rounds = argc > 2 ? atoi(argv[1]) : 0;
  posix_spawn_file_actions_t files;
  if (rounds < 1) return fprintf(stderr, "usage: stopwatch ROUNDS COMMAND… [--: COMMAND…]…\n"), 2;
  commands[count++] = argv + 2;
  for (int n = 3; n < argc; n++) {
    if (strcmp(argv[n], "--:") != 0) continue;
    if (count == COMMANDS_MAX) return fprintf(stderr, "too many commands\n"), 2;
    argv[n] = NULL;
    commands[count++] = argv + n + 1;
  }
  struct times *times = calloc((size_t)count * rounds, sizeof *times);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  posix_spawn_file_actions_init(&files);
  for (int fd = 0; fd < 3; fd++) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  int order[COMMANDS_MAX];
  for (int n = 0; n < count; n++) order[n] = n;
  srand(1);
  for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (int n = count - 1; n > 0; n--) {
      int other = rand() % (n + 1), kept = order[n];
      order[n] = order[other];
      order[other] = kept;
    }
    for (int n = 0; n < count; n++) {
      struct times took = run(commands[order[n]], &files);
      if (round >= 0) times[order[n] * rounds + round] = took;
    }
  }
  for (int n = 0; n < count; n++)
    for (int round = 0; round < rounds; round++)
      printf("%ld %ld%c", times[n * rounds + round].returned, times[n * rounds + round].gone,
             round + 1 < rounds ? ' ' : '\n');
  return 0;
}
