// Times whole processes: stopwatch ROUNDS ENTRY [--: ENTRY]…, where ENTRY is [--made=FILE] [NAME=VALUE]… COMMAND…
//
// Starts the commands in turn, each once a round, and waits for each; prints a line for each command, with two times in
// nanoseconds for each round: until the command has returned, and until nothing that it has started runs any more. Some
// return before that. The kernel goes on taking down namespaces for a while after: so that this does not always fall on
// the same one, each round has an order of its own. What the bench itself adds to a time is a few calls of C, and not a
// JavaScript engine's. The first rounds don't count.
//
// Words with "=" before a command are variables of its environment. FILE is what the command leaves behind each time: it
// is there before the first, and is taken away before each.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ENTRIES_MAX = 32, WARM_UP_ROUNDS = 3 };

static const char MADE[] = "--made=";

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

struct times {
  long returned, gone;
};

struct entry {
  char **command, **environment, *made;
};

/* All that are set, but those that a variable of the entry's own replaces. */
static char **add_variables(char **own, int count) {
  int all = 0, kept = count;
  while (environ[all] != NULL) all++;
  char **result = calloc(all + count + 1, sizeof *result);
  memcpy(result, own, count * sizeof *result);
  for (int n = 0; n < all; n++) {
    int replaced = 0;
    for (int k = 0; k < count; k++) replaced |= strncmp(environ[n], own[k], strchr(own[k], '=') - own[k] + 1) == 0;
    if (!replaced) result[kept++] = environ[n];
  }
  return result;
}

static struct entry parse(char **words) {
  struct entry entry = {.made = NULL};
  if (*words != NULL && strncmp(*words, MADE, strlen(MADE)) == 0) entry.made = *words++ + strlen(MADE);
  entry.command = words;
  while (*entry.command != NULL && **entry.command != '/' && strchr(*entry.command, '=') != NULL) entry.command++;
  entry.environment = add_variables(words, entry.command - words);
  return entry;
}

static struct times run(const struct entry *entry, const posix_spawn_file_actions_t *files) {
  char **command = entry->command;
  struct times times;
  pid_t pid;
  int status;
  if (entry->made != NULL && unlink(entry->made) != 0) {
    fprintf(stderr, "what %s had made is not there: %s\n", command[0], strerror(errno));
    exit(1);
  }
  long start = now();
  int error = posix_spawnp(&pid, command[0], files, NULL, command, entry->environment);
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
  struct entry entries[ENTRIES_MAX];
  int count = 0, rounds = argc > 2 ? atoi(argv[1]) : 0;
  posix_spawn_file_actions_t files;
  if (rounds < 1) return fprintf(stderr, "usage: stopwatch ROUNDS ENTRY [--: ENTRY]…\n"), 2;
  for (int first = 2, n = 3; n <= argc; n++) {
    if (n < argc && strcmp(argv[n], "--:") != 0) continue;
    if (count == ENTRIES_MAX) return fprintf(stderr, "too many commands\n"), 2;
    argv[n] = NULL;
    entries[count++] = parse(argv + first);
    first = n + 1;
  }
  struct times *times = calloc((size_t)count * rounds, sizeof *times);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  posix_spawn_file_actions_init(&files);
  for (int fd = 0; fd < 3; fd++) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  int order[ENTRIES_MAX];
  for (int n = 0; n < count; n++) order[n] = n;
  srand(1);
  for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (int n = count - 1; n > 0; n--) {
      int other = rand() % (n + 1), kept = order[n];
      order[n] = order[other];
      order[other] = kept;
    }
    for (int n = 0; n < count; n++) {
      struct times took = run(&entries[order[n]], &files);
      if (round >= 0) times[order[n] * rounds + round] = took;
    }
  }
  for (int n = 0; n < count; n++)
    for (int round = 0; round < rounds; round++)
      printf("%ld %ld%c", times[n * rounds + round].returned, times[n * rounds + round].gone,
             round + 1 < rounds ? ' ' : '\n');
  return 0;
}
