// The front where calls are refused, by a filter or a limit: the engine begins, as if nothing had been.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type SyscallName, syscallNumber } from "#ffi/uapi/syscalls.ts";
import { KINDS, sampleStart, Stage, tool } from "#test/support/front-stage.ts";
import { describeWith } from "#test/support/needs.ts";
import { compileC, type CProgram } from "#test/support/nsbox.ts";

/** Executes what follows two numbers: from then on the call of the first fails with the second. */
const FILTER = `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct sock_filter rows[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(argv[1]), 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | atoi(argv[2])),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { 4, rows };
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 9;
  execv(argv[3], argv + 3);
  return 8;
}`;

const ASKED: readonly SyscallName[] = ["getcwd", "geteuid", "openat", "fstat", "mmap", "memfd_create", "execveat"];
const ERRNOS = [1, 9, 38, 4095];

for (const kind of KINDS.filter(({ arch, loaded }) => arch === "x64" && !loaded)) {
  describeWith(kind.needs, "the front of an engine to which is refused", () => {
    const stage = new Stage(kind);
    const start = sampleStart(stage);
    let filter: CProgram | undefined;
    beforeAll(() => {
      filter = compileC(FILTER);
      stage.leave(start, [{ kind: "no limit" }]);
    });
    afterAll(() => {
      filter?.[Symbol.dispose]();
      stage.dir[Symbol.dispose]();
    });

    test.each(ASKED)("%s(2) is not seen", (name) => {
      for (const errno of ERRNOS) {
        const before = [filter?.path ?? "", String(syscallNumber("x64", name)), String(errno)];
        stage.expectEngine({ ...start, before });
      }
    });

    test("control: another call is the box", () => {
      stage.expectBox(start);
      stage.expectBox({ ...start, before: [filter?.path ?? "", String(syscallNumber("x64", "chroot")), "1"] });
    });

    test.each([
      ["memory for it", "--as=1500000"],
      ["any more files", "--nofile=3"],
      ["files of its length", "--fsize=100000"],
      ["files", "--fsize=0"],
    ])("%s is not seen", (_what, limit) => {
      stage.expectEngine({ ...start, before: [tool("prlimit"), limit] });
    });
  });
}

test("control: there is an engine to be refused something", () => {
  expect(KINDS.filter(({ arch, loaded }) => arch === "x64" && !loaded).length).toBe(1);
});
